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
    put_with(store, (key, head, body), Err)
}

/// The same, waiting for the disk where it does not keep up.
pub(super) fn put_patiently(store: &dyn Store, key: &Key, head: &[u8], body: &[u8]) {
    let wait = |refused| match refused {
        Refused::Busy { .. } => {
            thread::yield_now();
            Ok(())
        }
        other => Err(other),
    };
    // What the store does not take at all is not its matter.
    let _ = put_with(store, (key, head, body), wait);
}

/// Puts an object in; `again` says whether what was refused is tried once more, from where it was.
fn put_with(
    store: &dyn Store,
    (key, head, body): (&Key, &[u8], &[u8]),
    again: impl Fn(Refused) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let mut write = loop {
        match store.begin(key, head, Some(body.len() as u64)) {
            Ok(write) => break write,
            Err(refused) => again(refused)?,
        }
    };
    for part in body.chunks(16 * 1024) {
        while let Err(refused) = write.append(part) {
            again(refused)?;
        }
    }
    write.commit(None);
    Ok(())
}
