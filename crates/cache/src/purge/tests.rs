//! The table of purges under every order in which threads can step, and every value that a load may see: `table.rs`
//! once more, over the locks and atomics of `loom`.

mod sync {
    pub(super) use loom::sync::{Mutex, RwLock, atomic};
}

#[path = "table.rs"]
#[allow(
    clippy::duplicate_mod,
    dead_code,
    unreachable_pub,
    reason = "what is not modelled is used by the table proper"
)]
mod table;

use core::task::{Context, Poll};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use eaves_common::time::{Now, Wall};
use http::{HeaderMap, Request, Response};

use self::table::Purges;
use super::{Purge, Verdict};
use crate::{
    head::Head,
    key::Key,
    policy::{Policy, Storage, Times},
    store::{Content, ReadError, Ticket},
};

/// Content that remembers what it was checked for, and is nothing else.
#[derive(Default)]
struct Checked(AtomicU64);

impl Content for Checked {
    fn poll_read(
        &self,
        _: u64,
        _: &mut Ticket,
        _: &mut Context<'_>,
    ) -> Poll<Result<Bytes, ReadError>> {
        Poll::Ready(Ok(Bytes::new()))
    }

    fn len(&self) -> Option<u64> {
        Some(0)
    }

    fn trailers(&self) -> Option<HeaderMap> {
        None
    }

    fn checked(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn check(&self, epoch: u64) {
        self.0.fetch_max(epoch, Ordering::SeqCst);
    }
}

/// A response with the tag `a`, asked for before any purge.
fn stored() -> (Key, Head) {
    let request = Request::get("http://a.example/").body(()).unwrap();
    let response = Response::builder()
        .header("cache-control", "max-age=60")
        .header("surrogate-key", "a")
        .body(())
        .unwrap();
    let times = Times::at(Now::default());
    let storage = Policy::default().storage((&request).into(), (&response).into(), times);
    let Storage::Store(meta) = storage else {
        panic!("it may be stored")
    };
    let mut head = Head::new(meta, response.headers());
    head.set_asked(1);
    (Key::of((&request).into()).unwrap(), head)
}

/// Runs purges on threads of their own while another looks the response up again and again.
fn model(purges: &[Purge]) {
    let (purging, stored) = (purges.to_vec(), Arc::new(stored()));
    let mut builder = loom::model::Builder::new();
    // Two thread switches where none has to be find what there is to find; without a bound three threads take hours.
    builder.preemption_bound = Some(2);
    builder.check(move || {
        let table = Arc::new(Purges::with_limits(Wall::ZERO, 1, 1));
        let returned = loom::sync::Arc::new(loom::sync::atomic::AtomicBool::new(false));
        let threads: Vec<_> = purging
            .iter()
            .cloned()
            .enumerate()
            .map(|(at, purge)| {
                let (table, returned) = (table.clone(), returned.clone());
                loom::thread::spawn(move || {
                    let _ = table.issue(&purge, Wall::ZERO);
                    if at == 0 {
                        returned.store(true, Ordering::Release);
                    }
                })
            })
            .collect();
        let content = Checked::default();
        let (url, head) = &*stored;
        let was_purged = returned.load(Ordering::Acquire);
        let verdict = table.check(url, head, &content);
        assert!(!was_purged || verdict == Verdict::Void);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        assert_eq!(table.check(url, head, &content), Verdict::Void);
    });
}

#[test]
fn who_looks_after_a_purge_returned_sees_it() {
    model(&[Purge::tag("a")]);
    model(&[Purge::prefix("a.example/").unwrap()]);
    model(&[Purge::everything()]);
}

#[test]
fn of_two_purges_at_once_neither_hides_the_other() {
    model(&[Purge::tag("a"), Purge::prefix("b.example/").unwrap()]);
}
