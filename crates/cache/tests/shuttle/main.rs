//! What lies in memory under the interleavings of threads that shuttle draws: the engine, fills beside purges, and
//! copies between two tiers.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p eaves-cache --test shuttle --target-dir target/shuttle`
#![cfg(shuttle)]
#![allow(clippy::unwrap_used, reason = "a test may panic, its helpers too")]

mod engine;
mod fills;
mod tier;

use core::task::{Context, Poll, Waker};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use eaves_cache::{
    key::Key,
    store::{Content, Entry, Refused, Store, Ticket},
};
use shuttle::{check_pct, check_random, thread};

/// Half of the schedules at random, half with few changes of thread at rare places (PCT).
fn check(times: usize, work: impl Fn() + Send + Sync + Clone + 'static) {
    check_random(work.clone(), times);
    check_pct(work, times, 3);
}

/// Runs all at once and waits for them.
fn at_once(works: impl IntoIterator<Item = Box<dyn FnOnce() + Send>>) {
    let threads: Vec<_> = works.into_iter().map(thread::spawn).collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

/// Which versions of one key may be found; one thread writes a key, all read it. No thread is changed at these
/// numbers, so that they add no schedules.
#[derive(Default)]
struct Versions {
    offered: AtomicU64,
    gone: AtomicU64,
}

impl Versions {
    /// The version that is about to come.
    fn next(&self) -> u64 {
        self.offered.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// From now on versions before the latest are not found any more.
    fn replaced(&self) {
        let latest = self.offered.load(Ordering::SeqCst);
        self.gone.store(latest - 1, Ordering::SeqCst);
    }

    /// From now on none is found.
    fn removed(&self) {
        let latest = self.offered.load(Ordering::SeqCst);
        self.gone.store(latest, Ordering::SeqCst);
    }

    /// Looks with `find` and checks what it found.
    fn observe(&self, find: impl FnOnce() -> Option<u64>) -> Option<u64> {
        let gone = self.gone.load(Ordering::SeqCst);
        let found = find()?;
        assert!(found > gone, "version {found} came back, {gone} had gone");
        let offered = self.offered.load(Ordering::SeqCst);
        assert!(found <= offered, "version {found} is not there yet");
        Some(found)
    }
}

fn key(name: u8) -> Key {
    Key::of_uri(&format!("http://a.example/{name}").parse().unwrap()).unwrap()
}

fn put(store: &dyn Store, name: u8, head: &[u8], body: &[u8]) -> Result<(), Refused> {
    let mut write = store.begin(&key(name), head, Some(body.len() as u64))?;
    let (first, second) = body.split_at(body.len() / 2);
    write.append(first)?;
    write.append(second)?;
    write.commit(None);
    Ok(())
}

/// Looks up in a store that answers at once.
fn look(store: &dyn Store, name: u8) -> Option<Entry> {
    let mut cx = Context::from_waker(Waker::noop());
    match store.poll_lookup(&key(name), &mut Ticket::default(), &mut cx) {
        Poll::Ready(found) => found,
        Poll::Pending => panic!("memory answers at once"),
    }
}

/// Reads content to its end.
fn read(content: &Arc<dyn Content>) -> Vec<u8> {
    let (mut all, mut cx) = (Vec::new(), Context::from_waker(Waker::noop()));
    loop {
        let read = content.poll_read(all.len() as u64, &mut Ticket::default(), &mut cx);
        match read {
            Poll::Ready(Ok(part)) if part.is_empty() => return all,
            Poll::Ready(Ok(part)) => all.extend_from_slice(&part),
            Poll::Ready(Err(_)) | Poll::Pending => panic!("memory answers at once"),
        }
    }
}
