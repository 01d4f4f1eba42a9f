//! Before a clean end: what memory alone holds is written below, the hottest first, within limits.

use core::task::{Context, Poll};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use eaves_cache::{
    key::Key,
    store::{
        Content, Entry, Memory, Refused, Store, Ticket, Usage, Write,
        tier::{Drain, Drained, Step, Tier},
    },
};
use eaves_common::{
    time::{ManualClock, Mono},
    units::ByteSize,
};
use http::HeaderMap;

use super::{body_of, head, key, look, put};

const NO_LIMIT: ByteSize = ByteSize::from_bytes(u64::MAX);

/// Drains without limits.
pub(super) fn drain_all(store: &Tier) -> Drained {
    let drain = store.drain(NO_LIMIT, Mono::MAX);
    drain.run(&ManualClock::default(), || {})
}

fn tier() -> (Tier, Arc<Memory>) {
    let below = Arc::new(Memory::new(64 << 20).shards(1).max_object(16 << 20));
    let memory = Memory::new(32 << 20).shards(4).max_object(4 << 20);
    (Tier::new(memory, below.clone()), below)
}

fn fill(store: &Tier, count: u64) {
    for n in 0..count {
        put(store, n, &head(0, 1), &[n as u8; 5_000]).unwrap();
    }
}

#[test]
fn all_that_memory_alone_holds_is_below_afterwards_and_nothing_twice() {
    let (store, below) = tier();
    fill(&store, 600);
    let drained = drain_all(&store);
    assert_eq!((drained.written, drained.left, drained.gone), (600, 0, 0));
    let text = (key(0).as_bytes().len() + head(0, 1).as_bytes().len()) as u64;
    assert!((600 * (5_000 + text)..600 * (5_010 + text)).contains(&drained.written_bytes));
    for n in 0..600 {
        assert_eq!(body_of(&*below, n), Some(vec![n as u8; 5_000]));
    }
    assert_eq!(store.tiers()[0].entries, 600, "memory is as it was");
    assert_eq!(store.moved().drained, 600);
    assert_eq!(drain_all(&store), Drained::default());
}

#[test]
fn the_hottest_come_first_and_no_more_than_the_limit() {
    let (store, below) = tier();
    fill(&store, 10);
    for n in 0..10 {
        (0..n).for_each(|_| _ = look(&store, n));
    }
    let drain = store.drain(ByteSize::from_bytes(16_000), Mono::MAX);
    let drained = drain.run(&ManualClock::default(), || {});
    assert_eq!((drained.written, drained.left), (3, 7));
    assert!(drained.written_bytes <= 16_000);
    let has: Vec<_> = (0..10)
        .filter(|n| below.has(&key(*n)) == Some(true))
        .collect();
    assert_eq!(has, [7, 8, 9]);
}

#[test]
fn what_is_written_last_does_not_displace_what_was_written_first() {
    let below = Arc::new(Memory::new(100_000).shards(1));
    let store = Tier::new(Memory::new(1 << 20).shards(1), below.clone());
    fill(&store, 100);
    (0..9).for_each(|_| _ = look(&store, 7));
    let drained = drain_all(&store);
    assert!(
        drained.written_bytes <= 50_000 && drained.written >= 9,
        "{drained:?}"
    );
    assert_eq!(drained.written + drained.left, 100);
    assert_eq!(below.has(&key(7)), Some(true));
    assert_eq!(below.stats().evicted, 0);
}

#[test]
fn at_the_deadline_it_ends_and_says_what_is_left() {
    let until = Mono::from_secs(5);
    for steps in [0, 1, 8, 9, 20] {
        let (store, below) = tier();
        fill(&store, 20);
        let mut drain = store.drain(NO_LIMIT, until);
        for _ in 0..steps {
            let _ = drain.step(Mono::from_secs(4));
        }
        assert_eq!(drain.step(until), Step::Done);
        let Drained { written, left, .. } = drain.drained();
        assert_eq!((written + left, below.usage().entries), (20, written));
        assert!(
            written < 20 && (steps < 9 || written > 0),
            "{written} in {steps}"
        );
        assert_eq!(drain.step(until), Step::Done);
        assert_eq!(drain.drained().left, left, "it is counted once");
    }
}

#[test]
fn what_can_serve_nobody_any_more_is_not_written() {
    let (store, below) = tier();
    put(&store, 1, &head(0, 1), b"of use until the 20th second").unwrap();
    put(&store, 2, &head(50, 1), b"of use").unwrap();
    put(&store, 3, &head(50, 4), b"of use").unwrap();
    store.void_before(3);
    let mut drain = store.drain(NO_LIMIT, Mono::MAX);
    while drain.step(Mono::from_secs(55)) != Step::Done {}
    assert_eq!((drain.drained().written, drain.drained().left), (1, 0));
    assert_eq!(below.has(&key(3)), Some(true));
}

#[test]
fn what_another_wrote_meanwhile_is_not_written_again() {
    let (store, below) = tier();
    fill(&store, 3);
    let mut drain = store.drain(NO_LIMIT, Mono::MAX);
    (0..4).for_each(|_| assert_eq!(drain.step(Mono::ZERO), Step::More));
    assert_eq!(drain_all(&store).written, 3);
    let admitted = below.stats();
    while drain.step(Mono::ZERO) != Step::Done {}
    assert_eq!((drain.drained().written, drain.drained().gone), (0, 3));
    assert_eq!(below.stats(), admitted);
}

#[test]
fn trailers_go_along() {
    let (store, below) = tier();
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", "1".parse().unwrap());
    let head = head(0, 1);
    let mut write = store.begin(&key(1), head.as_bytes(), None).unwrap();
    write.append(b"text").unwrap();
    write.commit(Some(trailers.clone()));
    assert_eq!(drain_all(&store).written, 1);
    let content = look(&*below, 1).unwrap().content;
    assert_eq!(
        (content.len(), content.trailers()),
        (Some(4), Some(trailers))
    );
}

#[test]
fn what_left_the_store_below_meanwhile_is_written_again() {
    let (store, below) = tier();
    fill(&store, 3);
    assert_eq!(drain_all(&store).written, 3);
    below.remove(&key(1));
    assert_eq!(drain_all(&store).written, 1);
    assert_eq!(body_of(&*below, 1), Some(vec![1; 5_000]));
}

/// Steps until a body of many blocks is half written.
fn half_way(store: &Tier) -> Drain {
    let mut drain = store.drain(NO_LIMIT, Mono::MAX);
    // Four parts to look through, and the first mebibyte of three.
    (0..5).for_each(|_| assert_eq!(drain.step(Mono::ZERO), Step::More));
    drain
}

#[test]
fn what_is_removed_replaced_or_freshened_on_the_way_does_not_arrive_as_it_was() {
    type Change = fn(&Tier);
    let changes: [(Change, Option<u8>); 3] = [
        (|store| assert!(store.remove(&key(1))), None),
        (
            |store| put(store, 1, &head(0, 2), &[2; 3 << 20]).unwrap(),
            Some(2),
        ),
        (
            |store| {
                let content = look(store, 1).unwrap().content;
                assert!(store.replace_head(&key(1), &content, head(0, 2).as_bytes()));
            },
            Some(1),
        ),
    ];
    for (change, after) in changes {
        let (store, below) = tier();
        put(&store, 1, &head(0, 1), &[1; 3 << 20]).unwrap();
        let mut drain = half_way(&store);
        change(&store);
        while drain.step(Mono::ZERO) != Step::Done {}
        assert_eq!((drain.drained().gone, drain.drained().written), (1, 0));
        assert_eq!(below.has(&key(1)), Some(false));
        let now = look(&store, 1).map(|entry| entry.head);
        assert_eq!(now, after.map(|_| head(0, 2).as_bytes().to_vec()));
        // Another drain writes it as it is.
        drain_all(&store);
        assert_eq!(body_of(&*below, 1).map(|body| body[0]), after);
        let entry = look(&*below, 1).map(|entry| entry.head);
        assert_eq!(entry, now);
    }
}

#[test]
fn given_up_half_way_it_leaves_nothing_of_the_object_under_way() {
    let (store, below) = tier();
    put(&store, 1, &head(0, 1), &[1; 3 << 20]).unwrap();
    let before = below.usage();
    drop(half_way(&store));
    assert_eq!(below.usage().bytes, before.bytes);
    let mut drain = half_way(&store);
    assert_eq!(drain.step(Mono::MAX), Step::Done);
    assert_eq!(
        (drain.drained().left, below.usage().bytes),
        (1, before.bytes)
    );
    assert_eq!(drain_all(&store).written, 1);
}

/// A store that does not keep up: it takes every third thing only; or nothing at all.
struct Reluctant {
    inner: Memory,
    asked: Arc<AtomicU64>,
    refusal: Refused,
}

struct ReluctantWrite {
    inner: Box<dyn Write>,
    asked: Arc<AtomicU64>,
}

const BUSY: Refused = Refused::Busy {
    waiting: 1,
    limit: 1,
};

fn third(asked: &AtomicU64) -> bool {
    asked.fetch_add(1, Ordering::Relaxed) % 3 == 2
}

impl Write for ReluctantWrite {
    fn append(&mut self, data: &[u8]) -> Result<(), Refused> {
        match third(&self.asked) {
            true => self.inner.append(data),
            false => Err(BUSY),
        }
    }

    fn content(&self) -> Arc<dyn Content> {
        self.inner.content()
    }

    fn commit(self: Box<Self>, trailers: Option<HeaderMap>) {
        self.inner.commit(trailers);
    }
}

impl Store for Reluctant {
    fn poll_lookup(
        &self,
        key: &Key,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Entry>> {
        self.inner.poll_lookup(key, ticket, cx)
    }

    fn begin(&self, key: &Key, head: &[u8], len: Option<u64>) -> Result<Box<dyn Write>, Refused> {
        if !third(&self.asked) {
            return Err(self.refusal);
        }
        Ok(Box::new(ReluctantWrite {
            inner: self.inner.begin(key, head, len)?,
            asked: self.asked.clone(),
        }))
    }

    fn replace_head(&self, _: &Key, _: &Arc<dyn Content>, _: &[u8]) -> bool {
        false
    }

    fn remove(&self, key: &Key) -> bool {
        self.inner.remove(key)
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }
}

fn reluctant(refusal: Refused) -> (Tier, Arc<Reluctant>) {
    let below = Arc::new(Reluctant {
        inner: Memory::new(64 << 20).shards(1).max_object(16 << 20),
        asked: Arc::default(),
        refusal,
    });
    let memory = Memory::new(32 << 20).shards(1).max_object(4 << 20);
    (Tier::new(memory, below.clone()), below)
}

#[test]
fn a_store_that_does_not_keep_up_is_waited_for() {
    let (store, below) = reluctant(BUSY);
    for n in 0..4_u64 {
        let body = vec![n as u8; 700_000 * n as usize];
        put(&store, n, &head(0, 1), &body).unwrap();
    }
    let mut waited = 0;
    let drain = store.drain(NO_LIMIT, Mono::MAX);
    let drained = drain.run(&ManualClock::default(), || waited += 1);
    assert_eq!((drained.written, drained.refused), (4, 0));
    assert!(waited > 30, "{waited}");
    for n in 0..4_u64 {
        assert_eq!(
            body_of(&below.inner, n),
            Some(vec![n as u8; 700_000 * n as usize])
        );
    }
}

#[test]
fn what_is_refused_for_good_is_told_and_not_tried_again() {
    let (store, _) = reluctant(Refused::Unavailable {
        why: "it is closed",
    });
    fill(&store, 9);
    let drain = store.drain(NO_LIMIT, Mono::MAX);
    let drained = drain.run(&ManualClock::default(), || {});
    // Of those that were taken the only block was refused for now, twice.
    assert_eq!((drained.written + drained.refused, drained.left), (9, 0));
    assert!(drained.refused >= 6, "{drained:?}");
}
