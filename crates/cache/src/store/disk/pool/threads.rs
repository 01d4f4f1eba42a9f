//! [`Pool`]: a fixed number of threads that may block.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{Builder, JoinHandle},
};

use crate::store::disk::Io;

/// Threads that take jobs in order, or none, where each job runs at once on the thread that brings it.
pub(in crate::store::disk) struct Pool {
    shared: Option<Arc<Shared>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    ready: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    stopped: bool,
}

impl Pool {
    /// Starts the threads.
    pub(in crate::store::disk) fn start(io: Io) -> io::Result<Self> {
        let Io::Threads(count) = io else {
            return Ok(Self {
                shared: None,
                threads: Mutex::default(),
            });
        };
        let shared = Arc::new(Shared::default());
        let pool = Self {
            shared: Some(shared.clone()),
            threads: Mutex::default(),
        };
        for _ in 0..count.get() {
            let shared = shared.clone();
            let thread = Builder::new().name("eaves-disk".into());
            let handle = thread.spawn(move || shared.run())?;
            lock(&pool.threads).push(handle);
        }
        Ok(pool)
    }

    /// Hands a job over. After [`stop`](Self::stop) it is dropped.
    pub(in crate::store::disk) fn submit(&self, job: impl FnOnce() + Send + 'static) {
        let Some(shared) = &self.shared else {
            return job();
        };
        let mut queue = lock(&shared.queue);
        if queue.stopped {
            // Dropped outside of the lock: what it holds may hand in more.
            drop(queue);
            return;
        }
        queue.jobs.push_back(Box::new(job));
        drop(queue);
        shared.ready.notify_one();
    }

    /// Says whether jobs run on the thread that brings them.
    pub(in crate::store::disk) const fn is_inline(&self) -> bool {
        self.shared.is_none()
    }

    /// How many jobs wait.
    pub(in crate::store::disk) fn waiting(&self) -> usize {
        self.shared
            .as_ref()
            .map_or(0, |shared| lock(&shared.queue).jobs.len())
    }

    /// Ends the threads after the jobs that they are at; those that wait are dropped.
    pub(in crate::store::disk) fn stop(&self) {
        let Some(shared) = &self.shared else { return };
        let mut queue = lock(&shared.queue);
        queue.stopped = true;
        let dropped = core::mem::take(&mut queue.jobs);
        drop(queue);
        drop(dropped);
        shared.ready.notify_all();
        for thread in core::mem::take(&mut *lock(&self.threads)) {
            // A job that panicked was caught; there is no other way for a thread to fail.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn run(&self) {
        while let Some(job) = self.next() {
            // What the job promised is kept by nobody then, and who waits is told so.
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
    }

    fn next(&self) -> Option<Job> {
        let mut queue = lock(&self.queue);
        loop {
            if queue.stopped {
                return None;
            }
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            queue = self
                .ready
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_job_that_panics_costs_no_thread() {
        let pool = Pool::start(Io::threads(1)).unwrap();
        let (sender, results) = mpsc::channel();
        pool.submit(|| panic!("as the test wants"));
        pool.submit(move || sender.send(1).unwrap());
        assert_eq!(results.recv(), Ok(1));
        pool.stop();
        pool.submit(|| panic!("nothing runs any more"));
        assert_eq!(pool.waiting(), 0);
    }
}
