//! The disk store, over folders of the system and over simulated ones that fail in every way.

mod budget;
mod damage;
mod drained;
mod faults;
mod hot;
mod life;
mod model;
mod sim;
mod threads;
mod tiered;

use std::{
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use eaves_cache::{
    key::Key,
    store::{
        Content, Entry, ReadError, Refused, Store, Ticket,
        disk::{Disk, DiskConfig, Files, Io},
    },
};
use eaves_common::{
    time::{Clock, SystemClock},
    units::ByteSize,
};

/// How long anything may take on a machine that is busy.
const LIMIT: Duration = Duration::from_secs(30);

fn config(budget: u64) -> DiskConfig {
    DiskConfig::new(ByteSize::from_bytes(budget)).io(Io::Inline)
}

fn open(files: &Arc<sim::Sim>, config: &DiskConfig) -> Disk {
    Disk::open_in(files.clone() as Arc<dyn Files>, config).unwrap()
}

fn key(name: impl std::fmt::Display) -> Key {
    Key::of_uri(&format!("http://a.example/{name}").parse().unwrap()).unwrap()
}

/// Bytes that no other body shares.
fn body(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

fn put(disk: &Disk, name: impl std::fmt::Display, body: &[u8]) -> Result<(), Refused> {
    let mut write = disk.begin(&key(name), b"head", Some(body.len() as u64))?;
    write.append(body)?;
    write.commit(None);
    Ok(())
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls until it is ready, for at most [`LIMIT`].
fn wait<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let end = SystemClock.mono() + LIMIT;
    loop {
        if let Poll::Ready(value) = poll(&mut cx) {
            return value;
        }
        assert!(SystemClock.mono() < end, "nobody woke this thread");
        thread::park_timeout(Duration::from_secs(1));
    }
}

/// Waits for a condition that another thread brings about.
fn eventually(what: &str, mut check: impl FnMut() -> bool) {
    let end = SystemClock.mono() + LIMIT;
    while !check() {
        assert!(SystemClock.mono() < end, "{what} did not happen");
        thread::yield_now();
    }
}

fn look_up(disk: &Disk, name: impl std::fmt::Display) -> Option<Entry> {
    let (key, mut ticket) = (key(name), Ticket::default());
    wait(|cx| disk.poll_lookup(&key, &mut ticket, cx))
}

fn read_from(content: &Arc<dyn Content>, at: u64) -> Result<Vec<u8>, ReadError> {
    let (mut all, mut ticket) = (Vec::new(), Ticket::default());
    loop {
        let at = at + all.len() as u64;
        let part = wait(|cx| content.poll_read(at, &mut ticket, cx))?;
        if part.is_empty() {
            return Ok(all);
        }
        all.extend_from_slice(&part);
    }
}

fn get(disk: &Disk, name: impl std::fmt::Display) -> Option<Vec<u8>> {
    let entry = look_up(disk, name)?;
    Some(read_from(&entry.content, 0).unwrap())
}
