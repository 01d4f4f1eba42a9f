//! [`Completion`]: what a thread of the store does for a task that waits for it.

use core::task::{Context, Poll, Waker};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The side that waits. Dropped, the work is not done if it has not begun.
pub(in crate::store::disk) struct Completion<T>(Arc<Mutex<State<T>>>);

/// The side that works. Dropped without [`keep`](Self::keep), it brings nothing.
pub(in crate::store::disk) struct Promise<T>(Weak<Mutex<State<T>>>);

enum State<T> {
    Waiting(Option<Waker>),
    Done(Option<T>),
}

/// Makes both sides.
pub(in crate::store::disk) fn promise<T>() -> (Promise<T>, Completion<T>) {
    let state = Arc::new(Mutex::new(State::Waiting(None)));
    (Promise(Arc::downgrade(&state)), Completion(state))
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Completion<T> {
    /// Returns what came, or `None` if nothing will.
    pub(in crate::store::disk) fn poll(&self, cx: &Context<'_>) -> Poll<Option<T>> {
        match &mut *lock(&self.0) {
            State::Done(result) => Poll::Ready(result.take()),
            State::Waiting(waker) => {
                *waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> Promise<T> {
    /// Says whether somebody still waits.
    pub(in crate::store::disk) fn is_awaited(&self) -> bool {
        self.0.strong_count() > 0
    }

    pub(in crate::store::disk) fn keep(self, result: T) {
        self.end(Some(result));
    }

    fn end(&self, result: Option<T>) {
        let Some(state) = self.0.upgrade() else {
            return;
        };
        let mut state = lock(&state);
        let State::Waiting(waker) = &mut *state else {
            return;
        };
        let waker = waker.take();
        *state = State::Done(result);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        self.end(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_promise_ends_the_wait_and_a_dropped_wait_the_work() {
        let cx = Context::from_waker(Waker::noop());
        let (worker, waiter) = promise::<u8>();
        assert_eq!(waiter.poll(&cx), Poll::Pending);
        drop(worker);
        assert_eq!(waiter.poll(&cx), Poll::Ready(None));

        let (worker, waiter) = promise();
        drop(waiter);
        assert!(!worker.is_awaited());
        worker.keep(1);

        let (worker, waiter) = promise();
        worker.keep(2);
        assert_eq!(waiter.poll(&cx), Poll::Ready(Some(2)));
    }
}
