//! [`Sim`]: a folder in memory that forgets what was not synced, runs full, fails and blocks as a test wants.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use eaves_cache::store::disk::{File, Files};

/// A folder in memory.
#[derive(Default)]
pub(super) struct Sim {
    state: Mutex<State>,
    pub(super) knobs: Arc<Knobs>,
    locked: Arc<AtomicBool>,
}

#[derive(Default)]
struct State {
    names: Names,
    /// The names at the last sync, and all since.
    synced: Names,
    since: Vec<Names>,
}

type Names = BTreeMap<String, Arc<Inode>>;

#[derive(Default)]
struct Inode {
    data: Mutex<Data>,
    knobs: Arc<Knobs>,
    /// The names and open files that keep its blocks.
    holders: AtomicU64,
}

impl Inode {
    fn hold(self: &Arc<Self>) -> Arc<Self> {
        self.holders.fetch_add(1, Ordering::AcqRel);
        self.clone()
    }

    /// Frees the blocks when nobody holds them any more; what a crash may bring back is not counted.
    fn release(&self) {
        if self.holders.fetch_sub(1, Ordering::AcqRel) == 1 {
            let len = self.data.lock().unwrap().now.len() as u64;
            self.knobs.used.fetch_sub(len, Ordering::AcqRel);
        }
    }
}

#[derive(Default)]
struct Data {
    now: Vec<u8>,
    synced: Vec<u8>,
    /// Writes since the last sync.
    since: Vec<(u64, Vec<u8>)>,
}

/// What goes wrong.
#[derive(Default)]
pub(super) struct Knobs {
    /// Bytes that fit on the disk; 0 for any number.
    pub(super) capacity: AtomicU64,
    pub(super) used: AtomicU64,
    pub(super) peak: AtomicU64,
    pub(super) read_only: AtomicBool,
    pub(super) reads_fail: AtomicBool,
    pub(super) writes_fail: AtomicBool,
    pub(super) syncs_fail: AtomicBool,
    /// At most so many bytes are taken or given by one call; 0 for any number.
    pub(super) at_most: AtomicU64,
    pub(super) reads: AtomicU64,
    /// The system has everything in memory, and reads it even while the disk is blocked.
    pub(super) cached: AtomicBool,
    pub(super) written: AtomicU64,
    /// Calls that may fail until one does, and how; 0 for never.
    pub(super) countdown: AtomicU64,
    pub(super) failure: Mutex<Option<io::ErrorKind>>,
    blocked: Mutex<bool>,
    unblocked: Condvar,
}

impl Knobs {
    /// Makes calls that read or write wait until [`unblock`](Self::unblock), or at the latest until the test is over,
    /// or has failed.
    pub(super) fn block(self: &Arc<Self>) -> Blocked {
        *self.blocked.lock().unwrap() = true;
        Blocked(self.clone())
    }

    pub(super) fn unblock(&self) {
        *self.blocked.lock().unwrap() = false;
        self.unblocked.notify_all();
    }

    fn pass(&self) {
        let mut blocked = self.blocked.lock().unwrap();
        while *blocked {
            blocked = self.unblocked.wait(blocked).unwrap();
        }
    }

    /// Fails the call at which the countdown ends.
    fn count_down(&self) -> io::Result<()> {
        let less = |left: u64| left.checked_sub(1);
        let counted = self
            .countdown
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        match (counted, *self.failure.lock().unwrap()) {
            (Ok(1), Some(kind)) => Err(kind.into()),
            _ => Ok(()),
        }
    }

    fn check_write(&self) -> io::Result<()> {
        self.count_down()?;
        if self.read_only.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        if self.writes_fail.load(Ordering::Relaxed) {
            return Err(io::Error::other("injected"));
        }
        Ok(())
    }

    fn limit(&self, len: usize) -> usize {
        match self.at_most.load(Ordering::Relaxed) {
            0 => len,
            most => len.min(most as usize),
        }
    }

    fn grow(&self, bytes: u64) -> io::Result<()> {
        let capacity = self.capacity.load(Ordering::Relaxed);
        let used = self.used.load(Ordering::Relaxed) + bytes;
        if capacity > 0 && used > capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.used.store(used, Ordering::Relaxed);
        self.peak.fetch_max(used, Ordering::Relaxed);
        Ok(())
    }
}

/// Unblocks when it is dropped.
#[must_use]
pub(super) struct Blocked(Arc<Knobs>);

impl Drop for Blocked {
    fn drop(&mut self) {
        self.0.unblock();
    }
}

impl Sim {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn inode(data: Vec<u8>, knobs: &Arc<Knobs>) -> Arc<Inode> {
        knobs.used.fetch_add(data.len() as u64, Ordering::Relaxed);
        Arc::new(Inode {
            data: Mutex::new(Data {
                now: data.clone(),
                synced: data,
                since: Vec::new(),
            }),
            knobs: knobs.clone(),
            holders: AtomicU64::new(1),
        })
    }

    fn holding(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Arc<Self> {
        let sim = Self::new();
        let names: Names = files
            .into_iter()
            .map(|(name, data)| (name, Self::inode(data, &sim.knobs)))
            .collect();
        let mut state = sim.lock();
        state.synced = names.clone();
        state.names = names;
        drop(state);
        sim
    }

    /// The same files in a folder of their own.
    pub(super) fn copy(&self) -> Arc<Self> {
        self.copy_with(|_, _| {})
    }

    /// The same files, each of them changed.
    pub(super) fn copy_with(&self, mut change: impl FnMut(&str, &mut Vec<u8>)) -> Arc<Self> {
        let files: Vec<_> = self
            .contents()
            .into_iter()
            .map(|(name, mut data)| {
                change(&name, &mut data);
                (name, data)
            })
            .collect();
        Self::holding(files)
    }

    pub(super) fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let state = self.lock();
        let content = |inode: &Arc<Inode>| inode.data.lock().unwrap().now.clone();
        state
            .names
            .iter()
            .map(|(name, inode)| (name.clone(), content(inode)))
            .collect()
    }

    /// What is there after the power was lost: what was synced, and of the rest whatever `draw` leaves: names up to
    /// some point in time, of writes any, whole or cut. `draw(n)` gives a number below n.
    pub(super) fn crash(&self, mut draw: impl FnMut(u64) -> u64) -> Arc<Self> {
        let state = self.lock();
        let mut stages = vec![state.synced.clone()];
        stages.extend(state.since.iter().cloned());
        let names = &stages[draw(stages.len() as u64) as usize];
        let mut files = Vec::new();
        for (name, inode) in names {
            let data = inode.data.lock().unwrap();
            let mut bytes = data.synced.clone();
            for (at, write) in &data.since {
                let keep = match draw(4) {
                    0 => 0,
                    1 => draw(write.len() as u64 + 1) as usize,
                    _ => write.len(),
                };
                write_into(&mut bytes, *at, &write[..keep]);
            }
            files.push((name.clone(), bytes));
        }
        drop(state);
        Self::holding(files)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Names) -> io::Result<T>) -> io::Result<T> {
        self.knobs.pass();
        self.knobs.check_write()?;
        let mut state = self.lock();
        let result = change(&mut state.names)?;
        let names = state.names.clone();
        state.since.push(names);
        Ok(result)
    }
}

fn write_into(bytes: &mut Vec<u8>, at: u64, data: &[u8]) {
    let at = at as usize;
    if data.is_empty() {
        return;
    }
    if bytes.len() < at + data.len() {
        bytes.resize(at + data.len(), 0);
    }
    bytes[at..at + data.len()].copy_from_slice(data);
}

impl Files for Sim {
    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let state = self.lock();
        let len = |inode: &Arc<Inode>| inode.data.lock().unwrap().now.len() as u64;
        Ok(state
            .names
            .iter()
            .map(|(name, inode)| (name.clone(), len(inode)))
            .collect())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let inode = Self::inode(Vec::new(), &self.knobs);
        let old = self.change(|names| Ok(names.insert(name.to_owned(), inode.clone())))?;
        old.iter().for_each(|old| old.release());
        Ok(Arc::new(Handle(inode.hold())))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let state = self.lock();
        let inode = state.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(Handle(inode.hold())))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let gone = self.change(|names| {
            names
                .remove(name)
                .ok_or_else(|| io::ErrorKind::NotFound.into())
        })?;
        gone.release();
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let old = self.change(|names| {
            let inode = names.remove(from).ok_or(io::ErrorKind::NotFound)?;
            Ok(names.insert(to.to_owned(), inode))
        })?;
        old.iter().for_each(|old| old.release());
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.knobs.count_down()?;
        if self.knobs.syncs_fail.load(Ordering::Relaxed) {
            return Err(io::Error::other("injected"));
        }
        let mut state = self.lock();
        state.synced = state.names.clone();
        state.since.clear();
        Ok(())
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        if self.knobs.read_only.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        if self.locked.swap(true, Ordering::AcqRel) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(Guard(self.locked.clone())))
    }
}

struct Guard(Arc<AtomicBool>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// An open file.
struct Handle(Arc<Inode>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.release();
    }
}

impl File for Handle {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let knobs = &self.0.knobs;
        knobs.pass();
        knobs.reads.fetch_add(1, Ordering::Relaxed);
        knobs.count_down()?;
        if knobs.reads_fail.load(Ordering::Relaxed) {
            return Err(io::Error::other("injected"));
        }
        let data = self.0.data.lock().unwrap();
        let there = data.now.get(at as usize..).unwrap_or_default();
        let len = knobs.limit(there.len().min(buffer.len()));
        buffer[..len].copy_from_slice(&there[..len]);
        Ok(len)
    }

    fn read_now(&self, at: u64, buffer: &mut [u8]) -> Option<usize> {
        if !self.0.knobs.cached.load(Ordering::Relaxed) {
            return None;
        }
        self.0.knobs.reads.fetch_add(1, Ordering::Relaxed);
        let data = self.0.data.lock().unwrap();
        let there = data.now.get(at as usize..).unwrap_or_default();
        let len = self.0.knobs.limit(there.len().min(buffer.len()));
        buffer[..len].copy_from_slice(&there[..len]);
        Some(len)
    }

    fn write_at(&self, at: u64, bytes: &[u8]) -> io::Result<usize> {
        let knobs = &self.0.knobs;
        knobs.pass();
        let mut data = self.0.data.lock().unwrap();
        if let Err(error) = knobs.check_write() {
            // Some of what fails to be written is there all the same.
            let torn = bytes[..bytes.len() / 2].to_vec();
            let kept = knobs.grow((at + torn.len() as u64).saturating_sub(data.now.len() as u64));
            if kept.is_ok() && error.kind() == io::ErrorKind::Other {
                write_into(&mut data.now, at, &torn);
                data.since.push((at, torn));
            }
            return Err(error);
        }
        let bytes = &bytes[..knobs.limit(bytes.len())];
        let end = at + bytes.len() as u64;
        knobs.grow(end.saturating_sub(data.now.len() as u64))?;
        write_into(&mut data.now, at, bytes);
        data.since.push((at, bytes.to_vec()));
        knobs
            .written
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn sync(&self) -> io::Result<()> {
        self.0.knobs.pass();
        self.0.knobs.count_down()?;
        if self.0.knobs.syncs_fail.load(Ordering::Relaxed) {
            return Err(io::Error::other("injected"));
        }
        let mut data = self.0.data.lock().unwrap();
        data.synced = data.now.clone();
        data.since.clear();
        Ok(())
    }
}
