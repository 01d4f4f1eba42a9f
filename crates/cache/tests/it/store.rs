//! The stores through their trait, without HTTP around them.

mod drain;
mod memory;
mod tier;

use core::task::{Context, Poll, Waker};
use std::sync::Arc;

use eaves_cache::{
    head::Head,
    key::Key,
    policy::{Policy, Storage, Times},
    store::{Content, Entry, Refused, Store, Ticket},
};
use eaves_common::time::{Mono, Now, Wall};
use http::{Request, Response};

pub(crate) fn key(n: u64) -> Key {
    Key::of_uri(&format!("http://a.example/{n}").parse().unwrap()).unwrap()
}

/// The head of a response that came at a second, fresh for ten seconds and of use for as long again.
pub(crate) fn head(second: u64, asked: u64) -> Head {
    let request = Request::get("http://a.example/").body(()).unwrap();
    let response = Response::builder()
        .header("cache-control", "max-age=10, stale-if-error=10")
        .body(())
        .unwrap();
    let now = Now {
        mono: Mono::from_secs(second),
        wall: Wall::from_secs(second),
    };
    let policy = Policy::default();
    let stored = policy.storage((&request).into(), (&response).into(), Times::at(now));
    let Storage::Store(meta) = stored else {
        panic!("it may be stored")
    };
    let mut head = Head::new(meta, response.headers());
    head.set_asked(asked);
    head
}

pub(crate) fn put(store: &dyn Store, n: u64, head: &Head, body: &[u8]) -> Result<(), Refused> {
    let mut write = store.begin(&key(n), head.as_bytes(), Some(body.len() as u64))?;
    write.append(body)?;
    write.commit(None);
    Ok(())
}

/// Looks a key up until there is an answer.
pub(crate) fn look(store: &dyn Store, n: u64) -> Option<Entry> {
    let mut ticket = Ticket::default();
    for _ in 0..1000 {
        let mut cx = Context::from_waker(Waker::noop());
        if let Poll::Ready(found) = store.poll_lookup(&key(n), &mut ticket, &mut cx) {
            return found;
        }
    }
    panic!("never answered")
}

/// Reads content to its end.
pub(crate) fn read(content: &Arc<dyn Content>) -> Vec<u8> {
    let (mut all, mut ticket) = (Vec::new(), Ticket::default());
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        match content.poll_read(all.len() as u64, &mut ticket, &mut cx) {
            Poll::Pending => {}
            Poll::Ready(data) => match data.unwrap() {
                data if data.is_empty() => return all,
                data => all.extend_from_slice(&data),
            },
        }
    }
}

pub(crate) fn body_of(store: &dyn Store, n: u64) -> Option<Vec<u8>> {
    look(store, n).map(|entry| read(&entry.content))
}
