//! Blocking calls of a store, for programs without tasks.

use std::{
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use eaves_cache::{
    key::Key,
    store::{Content, Entry, ReadError, Refused, Store, Ticket},
};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls until it is ready.
pub(super) fn wait<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        match poll(&mut cx) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

pub(super) fn look_up(store: &dyn Store, key: &Key) -> Option<Entry> {
    let mut ticket = Ticket::default();
    wait(|cx| store.poll_lookup(key, &mut ticket, cx))
}

/// Reads a body; what came before an error is returned beside it.
pub(super) fn read(content: &Arc<dyn Content>) -> (Vec<u8>, Option<ReadError>) {
    let (mut body, mut ticket) = (Vec::new(), Ticket::default());
    loop {
        match wait(|cx| content.poll_read(body.len() as u64, &mut ticket, cx)) {
            Ok(part) if part.is_empty() => return (body, None),
            Ok(part) => body.extend_from_slice(&part),
            Err(error) => return (body, Some(error)),
        }
    }
}

pub(super) fn put(store: &dyn Store, key: &Key, head: &[u8], body: &[u8]) -> Result<(), Refused> {
    let mut write = store.begin(key, head, Some(body.len() as u64))?;
    for part in body.chunks(16 * 1024) {
        write.append(part)?;
    }
    write.commit(None);
    Ok(())
}

/// The same, waiting for the disk where it does not keep up.
pub(super) fn put_patiently(store: &dyn Store, key: &Key, head: &[u8], body: &[u8]) {
    while let Err(Refused::Busy { .. }) = put(store, key, head, body) {
        thread::yield_now();
    }
}
