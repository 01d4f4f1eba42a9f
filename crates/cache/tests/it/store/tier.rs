//! Memory over another store: one truth, whatever is on its way from one to the other.

use core::task::{Context, Poll};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use eaves_cache::{
    key::Key,
    purge::Purge,
    store::{Content, Entry, Memory, ReadError, Refused, Store, Ticket, Usage, Write, tier::Tier},
};
use eaves_common::{time::Mono, units::ByteSize};
use proptest::{collection::vec, prelude::*};

use super::{body_of, drain::drain_all, head, key, look, put, read};

/// A store that answers each question at the third time of asking.
struct Slow(Memory);

/// How often a question was asked.
struct Asked(u32);

impl Slow {
    fn wait(ticket: &mut Ticket, cx: &Context<'_>) -> Poll<()> {
        let asked = ticket.take::<Asked>().map_or(0, |asked| asked.0);
        if asked < 2 {
            ticket.leave(Asked(asked + 1));
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

struct SlowContent(Arc<dyn Content>);

impl Content for SlowContent {
    fn poll_read(
        &self,
        at: u64,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Result<bytes::Bytes, ReadError>> {
        std::task::ready!(Slow::wait(ticket, cx));
        // A little at a time, so that readers overtake each other.
        self.0
            .poll_read(at, &mut Ticket::default(), cx)
            .map_ok(|data| data.slice(..data.len().min(100)))
    }

    fn len(&self) -> Option<u64> {
        self.0.len()
    }

    fn trailers(&self) -> Option<http::HeaderMap> {
        self.0.trailers()
    }

    fn inner(&self) -> Option<&Arc<dyn Content>> {
        None
    }
}

impl Store for Slow {
    fn poll_lookup(
        &self,
        key: &Key,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Entry>> {
        std::task::ready!(Self::wait(ticket, cx));
        self.0
            .poll_lookup(key, &mut Ticket::default(), cx)
            .map(|found| {
                found.map(|entry| Entry {
                    head: entry.head,
                    content: Arc::new(SlowContent(entry.content)),
                })
            })
    }

    fn begin(&self, key: &Key, head: &[u8], len: Option<u64>) -> Result<Box<dyn Write>, Refused> {
        self.0.begin(key, head, len)
    }

    fn replace_head(&self, _: &Key, _: &Arc<dyn Content>, _: &[u8]) -> bool {
        false
    }

    fn remove(&self, key: &Key) -> bool {
        self.0.remove(key)
    }

    fn usage(&self) -> Usage {
        self.0.usage()
    }
}

fn tier() -> (Tier, Arc<Memory>) {
    tier_over(40_000)
}

fn tier_over(bytes: u64) -> (Tier, Arc<Memory>) {
    let below = Arc::new(Memory::new(1 << 20).shards(1).max_object(300_000));
    let memory = Memory::new(bytes).shards(1).max_object(10_000);
    (Tier::new(memory, below.clone()), below)
}

#[test]
fn what_has_to_leave_memory_is_found_below() {
    let (store, below) = tier();
    for n in 0..20 {
        look(&store, n);
        put(&store, n, &head(0, 1), &[n as u8; 5_000]).unwrap();
    }
    assert!((0..20).all(|n| body_of(&store, n) == Some(vec![n as u8; 5_000])));
    let [memory, under] = store.tiers();
    assert!(memory.bytes <= memory.budget && under.bytes <= under.budget);
    assert_eq!((store.stats().hits, store.stats().misses), (20, 20));
    assert!(
        store.moved().demoted + below.usage().entries >= 26,
        "{:?}",
        store.moved()
    );
}

#[test]
fn what_is_asked_for_again_and_again_comes_up_once_and_is_not_written_again() {
    let (store, below) = tier();
    for n in 0..20 {
        put(&store, n, &head(0, 1), &[n as u8; 5_000]).unwrap();
    }
    let admitted = below.stats().admitted;
    for _ in 0..8 {
        assert_eq!(body_of(&store, 3), Some(vec![3; 5_000]));
    }
    let [memory, _] = store.tiers();
    let hits = memory.hits;
    assert!(store.moved().promoted > 0, "{:?}", store.moved());
    body_of(&store, 3);
    assert_eq!(store.tiers()[0].hits, hits + 1, "served from memory now");
    // Push it out again: it is below still.
    for n in 30..60 {
        for _ in 0..9 {
            look(&store, n);
        }
        put(&store, n, &head(0, 1), &[n as u8; 5_000]).unwrap();
    }
    assert_eq!(body_of(&store, 3), Some(vec![3; 5_000]));
    let again = below.stats().replaced;
    assert_eq!(again, 0, "nothing was written below twice");
    assert!(below.stats().admitted > admitted);
}

#[test]
fn what_came_up_and_has_left_below_since_goes_down_again() {
    let (store, below) = tier();
    for n in 0..20 {
        put(&store, n, &head(0, 1), &[n as u8; 5_000]).unwrap();
    }
    let up = |n| look(&store, n).is_some_and(|entry| read(&entry.content) == [n as u8; 5_000]);
    let promoted = store.moved().promoted;
    assert!((0..8).all(|_| up(3)) && store.moved().promoted == promoted + 1);
    assert!(below.remove(&key(3)), "as if it was evicted there");
    for n in 30..60 {
        for _ in 0..9 {
            look(&store, n);
        }
        put(&store, n, &head(0, 1), &[n as u8; 5_000]).unwrap();
    }
    assert_eq!(below.has(&key(3)), Some(true));
    assert!(up(3));
}

#[test]
fn what_memory_does_not_take_goes_below_at_once() {
    let (store, below) = tier();
    put(&store, 1, &head(0, 1), &vec![1; 200_000]).unwrap();
    assert_eq!((store.tiers()[0].entries, below.usage().entries), (0, 1));
    assert_eq!(body_of(&store, 1).unwrap().len(), 200_000);
    let refused = put(&store, 2, &head(0, 1), &vec![1; 400_000]);
    assert!(matches!(refused, Err(Refused::TooLarge { .. })));
}

#[test]
fn heads_are_replaced_wherever_the_object_is() {
    let (store, _) = tier();
    for n in 0..20 {
        put(&store, n, &head(0, 1), &[n as u8; 5_000]).unwrap();
    }
    let later = head(5, 2);
    for n in 0..20 {
        let entry = look(&store, n).unwrap();
        assert!(
            store.replace_head(&key(n), &entry.content, later.as_bytes()),
            "{n}"
        );
        let entry = look(&store, n).unwrap();
        assert_eq!(entry.head, later.as_bytes(), "{n}");
        assert_eq!(read(&entry.content), [n as u8; 5_000]);
    }
}

#[test]
fn a_copy_that_is_overtaken_never_arrives() {
    let (store, below) = tier();
    for n in 0..20 {
        put(&store, n, &head(0, 1), &[n as u8; 5_000]).unwrap();
    }
    for _ in 0..8 {
        look(&store, 3);
    }
    let begun = look(&store, 3).unwrap();
    assert!(store.remove(&key(3)));
    assert_eq!(read(&begun.content), [3; 5_000], "readers go on");
    assert!(look(&store, 3).is_none() && look(&*below, 3).is_none());
    assert!(store.moved().overtaken > 0);
}

#[derive(Clone, Debug)]
enum Step {
    Put(u64, usize),
    Read(u64),
    /// Looks up and reads later.
    Hold(u64),
    Finish(usize),
    Remove(u64),
    Freshen(u64),
    /// Begins to drain, in place of what drains already.
    Drain(u64),
    /// Goes on with that, for so many steps.
    GoOn(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let n = 0..10_u64;
    prop_oneof![
        4 => (n.clone(), prop_oneof![0..9_000_usize, 0..90_000_usize]).prop_map(|(n, len)| Step::Put(n, len)),
        4 => n.clone().prop_map(Step::Read),
        3 => n.clone().prop_map(Step::Hold),
        3 => any::<usize>().prop_map(Step::Finish),
        1 => n.clone().prop_map(Step::Remove),
        1 => n.prop_map(Step::Freshen),
        1 => prop_oneof![Just(u64::MAX), 0..50_000_u64].prop_map(Step::Drain),
        2 => any::<u8>().prop_map(Step::GoOn),
    ]
}

fn play(store: &Tier, steps: Vec<Step>) {
    let mut last: HashMap<u64, Vec<u8>> = HashMap::new();
    let mut held: Vec<(Vec<u8>, Entry)> = Vec::new();
    let mut count = 0_u8;
    let mut draining = None;
    for step in steps {
        match step {
            Step::Put(n, len) => {
                count = count.wrapping_add(1);
                let body = vec![count; len];
                if put(store, n, &head(0, 1), &body).is_ok() {
                    last.insert(n, body);
                }
            }
            Step::Read(n) => {
                let found = body_of(store, n);
                assert!(found.is_none() || found.as_ref() == last.get(&n), "{n}");
            }
            Step::Hold(n) => {
                if let Some(entry) = look(store, n) {
                    held.push((last[&n].clone(), entry));
                }
            }
            Step::Finish(at) if !held.is_empty() => {
                let (body, entry) = held.swap_remove(at % held.len());
                assert!(read(&entry.content) == body);
            }
            Step::Finish(_) => {}
            Step::Remove(n) => {
                store.remove(&key(n));
                last.remove(&n);
            }
            Step::Freshen(n) => {
                if let Some(entry) = look(store, n) {
                    store.replace_head(&key(n), &entry.content, head(3, 2).as_bytes());
                }
            }
            Step::Drain(bytes) => {
                draining = Some(store.drain(ByteSize::from_bytes(bytes), Mono::MAX));
            }
            Step::GoOn(steps) => {
                for drain in draining.iter_mut() {
                    (0..steps).for_each(|_| _ = drain.step(Mono::ZERO));
                }
            }
        }
        for tier in store.tiers() {
            assert!(tier.bytes <= tier.budget);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_truth_over_two_stores(steps in vec(step(), 1..150)) {
        let (store, below) = tier();
        play(&store, steps);
        let served: Vec<_> = (0..10).map(|n| body_of(&store, n)).collect();
        let drained = drain_all(&store);
        let next = Tier::new(Memory::new(40_000), below);
        for (n, served) in served.into_iter().enumerate() {
            let found = body_of(&next, n as u64);
            // The next process has all of it, or what there was no room for is not there.
            let left = drained.left + drained.refused > 0;
            prop_assert!(found == served || left && found.is_none(), "{n}: {drained:?}");
        }
    }

    #[test]
    fn also_if_the_one_below_is_slow(steps in vec(step(), 1..100)) {
        let slow = Slow(Memory::new(1 << 20).shards(1).max_object(300_000));
        let memory = Memory::new(40_000).shards(1).max_object(10_000);
        play(&Tier::new(memory, Arc::new(slow)), steps);
    }
}

#[test]
fn threads_never_see_what_was_removed_or_replaced() {
    let (store, _) = tier_over(16_000);
    let store = Arc::new(store);
    // The version of each key that has been put or removed last; a reader may see that or a later one.
    let versions: Arc<Vec<AtomicU64>> = Arc::new((0..8).map(|_| AtomicU64::new(0)).collect());
    std::thread::scope(|scope| {
        for thread in 0..2_u64 {
            let (store, versions) = (store.clone(), versions.clone());
            scope.spawn(move || {
                for at in 1..1_500_u64 {
                    // Each key has one writer.
                    let n = at % 4 * 2 + thread;
                    let body: Vec<u8> = at.to_le_bytes().repeat(500);
                    if at % 5 == 0 || put(&*store, n, &head(0, 1), &body).is_err() {
                        store.remove(&key(n));
                    }
                    versions[n as usize].store(at, Ordering::SeqCst);
                }
            });
        }
        for _ in 0..2 {
            let (store, versions) = (store.clone(), versions.clone());
            scope.spawn(move || {
                for at in 0..6_000_u64 {
                    let n = at * 5 % 8;
                    let floor = versions[n as usize].load(Ordering::SeqCst);
                    if let Some(body) = body_of(&*store, n) {
                        let version = u64::from_le_bytes(body[..8].try_into().unwrap());
                        assert!(version >= floor, "version {version} of {n} after {floor}");
                        assert!(
                            body.chunks(8).all(|part| part == &body[..8]),
                            "two versions in one body"
                        );
                    }
                }
            });
        }
    });
    assert!(
        store.moved().demoted > 0 && store.moved().promoted > 0,
        "{:?}",
        store.moved()
    );
}

#[tokio::test]
async fn purges_reach_both_stores() {
    use crate::origin::{World, get, got};

    let below = Arc::new(Memory::new(1 << 20).shards(1));
    let store = Arc::new(Tier::new(
        Memory::new(8_000).shards(1).max_object(4_000),
        below.clone(),
    ));
    let world = World::with(|config| config.store(store.clone()));
    let fresh = &[("cache-control", "max-age=60"), ("surrogate-key", "all")];
    for n in 0..10 {
        world.say(200, fresh, &"x".repeat(2_000));
        world.get(&format!("/{n}"), &[]).await;
    }
    for n in 0..10 {
        assert!(
            world
                .get(&format!("/{n}"), &[])
                .await
                .cache_status()
                .contains("hit")
        );
    }
    assert!(below.usage().entries > 0);
    let _ = world.layer.apply(&Purge::tag("all"));
    for n in 0..10 {
        world.say(200, fresh, "new");
        let answer = got(world.send(get(&format!("/{n}"), &[])).await.unwrap()).await;
        assert_eq!(answer.text(), "new");
    }
}
