//! What decisions and heads take from the allocator: counts do not vary from run to run.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use eaves_cache::{
    exchange::{Found, Lookup, Selected},
    head::Head,
    key::Key,
    policy::{Decision, Policy, RequestHead, Storage, Times},
    status::CacheStatus,
    store::{Memory, Store, Ticket},
};
use eaves_common::time::Now;
use http::{Request, Response};

/// A request of 8 fields.
pub(crate) fn request() -> Request<()> {
    Request::get("http://a.example/index.html")
        .header("host", "a.example")
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)")
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("accept-encoding", "gzip, deflate, br")
        .header("accept-language", "en-US,en;q=0.5")
        .header("cookie", "a=b; c=d")
        .header("referer", "http://a.example/")
        .header("cache-control", "max-age=600")
        .body(())
        .unwrap()
}

/// A response of 10 fields, four of them directives.
pub(crate) fn response() -> Response<()> {
    Response::builder()
        .header("date", "Thu, 01 Jan 1970 00:00:00 GMT")
        .header(
            "cache-control",
            "public, max-age=3600, stale-while-revalidate=60, stale-if-error=600",
        )
        .header("content-type", "text/html; charset=utf-8")
        .header("content-length", "4096")
        .header("etag", "\"33a64df551425fcc55e4d42a148795d9f25f89d4\"")
        .header("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT")
        .header("vary", "accept-encoding")
        .header("server", "origin")
        .header("content-language", "en")
        .header("x-frame-options", "DENY")
        .body(())
        .unwrap()
}

fn stored(policy: &Policy) -> Head {
    let (request, response) = (request(), response());
    let stored = policy.storage(
        (&request).into(),
        (&response).into(),
        Times::at(Now::default()),
    );
    let Storage::Store(meta) = stored else {
        panic!("it may be stored")
    };
    Head::new(meta, response.headers())
}

fn allocations(work: impl FnMut()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn a_decision_for_a_fresh_hit_takes_nothing() {
    let (policy, request) = (Policy::default(), request());
    let stored = stored(&policy);
    let taken = allocations(|| {
        let decision = policy.decide(
            RequestHead::from(&request),
            Some(&stored),
            None,
            Now::default(),
        );
        assert!(matches!(decision, Decision::Hit { .. }));
    });
    assert_eq!(taken, 0);
}

#[test]
fn a_decision_to_store_takes_nothing() {
    let (policy, request, response) = (Policy::default(), request(), response());
    let taken = allocations(|| {
        let stored = policy.storage(
            (&request).into(),
            (&response).into(),
            Times::at(Now::default()),
        );
        assert!(matches!(stored, Storage::Store(_)));
    });
    assert_eq!(taken, 0);
}

#[test]
fn a_head_is_built_with_three_allocations() {
    let stored = stored(&Policy::default());
    let mut bytes = Vec::with_capacity(stored.as_bytes().len() + 128);
    bytes.extend_from_slice(stored.as_bytes());
    let mut head = Some(Head::from_bytes(bytes).unwrap());
    let taken = allocations(|| {
        let head = head.take().unwrap();
        let fields = head.into_response(Duration::from_secs(60), CacheStatus::hit(3540), "eaves");
        assert_eq!(fields.len(), 12);
    });
    assert!(taken <= 3, "{taken}");
}

#[test]
fn a_lookup_takes_the_copy_of_the_head() {
    let store: Arc<dyn Store> = Arc::new(Memory::new(1 << 20));
    let request = request();
    let key = Key::of((&request).into()).unwrap();
    let head = stored(&Policy::default());
    store
        .begin(&key, head.as_bytes(), Some(0))
        .unwrap()
        .commit(None);
    let mut lookup = Some(Lookup::new(key));
    let mut found: Option<Selected> = None;
    let taken = allocations(|| {
        let lookup = lookup.take().unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Some(entry)) =
            store.poll_lookup(lookup.key(), &mut Ticket::default(), &mut cx)
        else {
            panic!("it is there")
        };
        if let Found::Selected(selected) = lookup.found((&request).into(), Some(entry.head)) {
            found = Some(selected);
        }
    });
    assert!(found.unwrap().head().is_some());
    assert_eq!(taken, 1);
}
