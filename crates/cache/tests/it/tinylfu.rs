//! The generic engine: its books balance, nothing comes back, and it keeps up with exact LRU.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, Weak},
};

use eaves_cache::store::tinylfu::{Config, Goal, Refusal, TinyLfu};
use eaves_common::{ErrorKind, units::ByteSize};
use lru::LruCache;
use proptest::{collection::vec, prelude::*};

fn small<V>(budget: u64) -> TinyLfu<u32, V> {
    TinyLfu::new(
        Config::new(ByteSize::from_bytes(budget))
            .shards(1)
            .entry_cost(0),
    )
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Clear,
    Demote(u32),
    Get(u32),
    Insert(u32, u64),
    /// Inserts while entries of even values are dead.
    InsertOverEven(u32, u64),
    Remove(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..KEYS;
    let weight = prop_oneof![8 => 0..40_u64, 1 => 0..1_200_u64];
    prop_oneof![
        1 => Just(Step::Clear),
        10 => key.clone().prop_map(Step::Demote),
        60 => key.clone().prop_map(Step::Get),
        60 => (key.clone(), weight.clone()).prop_map(|(key, weight)| Step::Insert(key, weight)),
        20 => (key.clone(), weight).prop_map(|(key, weight)| Step::InsertOverEven(key, weight)),
        10 => key.prop_map(Step::Remove),
    ]
}

const KEYS: u32 = 200;

/// What may be in the cache: the last value of each key that was not removed or refused since.
#[derive(Default)]
struct Model {
    entries: HashMap<u32, (u64, u64)>,
    values: u64,
}

impl Model {
    fn insert(&mut self, cache: &TinyLfu<u32, u64>, key: u32, weight: u64, over_even: bool) {
        self.values += 1;
        let value = self.values;
        let was = cache.peek(&key);
        let done = match over_even {
            true => cache.insert_over(key, value, weight, |_, value| value % 2 == 0),
            false => cache.insert(key, value, weight),
        };
        let Ok(replaced) = done else {
            assert_eq!(
                cache.peek(&key),
                None,
                "the value before a refused one is not served"
            );
            self.entries.remove(&key);
            return;
        };
        assert!(replaced.is_none() || replaced == was);
        assert_eq!(cache.peek(&key), Some(value));
        self.entries.insert(key, (value, weight));
    }

    /// All that the cache holds is what the model holds last, and its books agree with that.
    fn audit(&self, cache: &TinyLfu<u32, u64>, budget: u64) {
        let (mut entries, mut weight) = (0, 0);
        for key in 0..KEYS {
            if let Some(value) = cache.peek(&key) {
                let last = self.entries.get(&key).expect("nothing is resurrected");
                assert_eq!(value, last.0, "of key {key}");
                entries += 1;
                weight += last.1;
            }
        }
        let stats = cache.stats();
        assert_eq!((stats.entries, stats.bytes), (entries, weight));
        assert!(weight <= budget, "{weight} of {budget}");
        let left = stats.evicted + stats.dead + stats.removed;
        assert_eq!(stats.admitted - left, entries, "nothing is lost: {stats:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_books_balance_and_nothing_is_resurrected(
        steps in vec(step(), 0..600),
        goal in prop_oneof![Just(Goal::Bytes), Just(Goal::Objects)],
    ) {
        let config = Config::new(ByteSize::from_bytes(1_000)).shards(1).entry_cost(0);
        let cache = TinyLfu::new(config.goal(goal));
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Clear => {
                    cache.clear();
                    model.entries.clear();
                }
                Step::Demote(key) => {
                    prop_assert_eq!(cache.demote(&key), cache.peek(&key).is_some());
                }
                Step::Get(key) => prop_assert_eq!(cache.peek(&key), cache.get(&key)),
                Step::Insert(key, weight) => model.insert(&cache, key, weight, false),
                Step::InsertOverEven(key, weight) => model.insert(&cache, key, weight, true),
                Step::Remove(key) => {
                    prop_assert_eq!(cache.peek(&key), cache.remove(&key));
                    model.entries.remove(&key);
                }
            }
        }
        model.audit(&cache, 1_000);
    }

    #[test]
    fn nothing_leaves_while_there_is_room(keys in vec(any::<u16>(), 0..2_000)) {
        let cache = TinyLfu::new(Config::new(ByteSize::from_mib(64)).shards(4));
        let mut lru = LruCache::unbounded();
        for (value, key) in keys.into_iter().enumerate() {
            prop_assert_eq!(cache.get(&key), lru.get(&key).copied());
            prop_assert_eq!(cache.insert(key, value, 100), Ok(lru.put(key, value)));
        }
        prop_assert_eq!(cache.len(), lru.len());
        prop_assert!(lru.iter().all(|(key, value)| cache.peek(key) == Some(*value)));
    }
}

/// Requests of a seeded stream, and what a cache of 500 entries of weight 1 makes of it.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Zipf-like with exponent 1 over `n` keys.
    fn zipf(&mut self, n: u32) -> u32 {
        f64::from(n).powf(self.next()) as u32 - 1
    }
}

/// Hit ratios of this cache and of an LRU of the same size, over requests from `from` on.
fn against_lru(requests: &[(u32, u64)], from: usize) -> (f64, f64) {
    let cache = small(CAPACITY as u64);
    let mut lru = LruCache::unbounded();
    let (mut ours, mut theirs, mut filled) = (0, 0, 0);
    for (at, &(key, weight)) in requests.iter().enumerate() {
        let hit = cache.get(&key).is_some();
        let lru_hit = lru.get(&key).is_some();
        if !hit {
            let _ = cache.insert(key, (), weight);
        }
        if !lru_hit && weight <= CAPACITY as u64 {
            lru.put(key, weight);
            filled += weight;
            while filled > CAPACITY as u64 {
                filled -= lru.pop_lru().unwrap().1;
            }
        }
        if at >= from {
            ours += u32::from(hit);
            theirs += u32::from(lru_hit);
        }
    }
    let counted = (requests.len() - from) as f64;
    (f64::from(ours) / counted, f64::from(theirs) / counted)
}

const CAPACITY: usize = 500;

#[test]
fn adversarial_streams_stay_within_five_points_of_lru() {
    let mut stream = Stream(0x5EED);
    let mut fresh = 1_000_000;
    let mut one_shot = || {
        fresh += 1;
        fresh
    };
    let scans = |at: u32, zipf, fresh| if at / 2_500 % 3 == 2 { fresh } else { zipf };
    let streams: [(&str, Vec<(u32, u64)>); 6] = [
        (
            "scan",
            (0..30_000)
                .map(|at| (scans(at, stream.zipf(3_000), one_shot()), 1))
                .collect(),
        ),
        ("loop", (0..30_000).map(|at| (at % 550, 1)).collect()),
        (
            "flood",
            (0..30_000)
                .map(|at| (if at % 5 > 0 { one_shot() } else { at * 7 % 400 }, 1))
                .collect(),
        ),
        (
            "huge",
            (0..30_000)
                .map(|at| {
                    if at % 90 == 0 {
                        (one_shot(), 450)
                    } else {
                        (stream.zipf(3_000), 1)
                    }
                })
                .collect(),
        ),
        (
            "twice",
            (0..30_000_u32)
                .map(|at| {
                    (
                        if at % 2 == 0 {
                            at
                        } else {
                            at.saturating_sub(301)
                        },
                        1,
                    )
                })
                .collect(),
        ),
        (
            "recent",
            (0..30_000)
                .map(|at| {
                    (
                        (f64::from(at) - stream.next().powi(2) * 600.0).max(0.0) as u32 / 2,
                        1,
                    )
                })
                .collect(),
        ),
    ];
    for (name, requests) in streams {
        let (ours, lru) = against_lru(&requests, 0);
        assert!(ours > lru - 0.05, "{name}: {ours:.3}, LRU {lru:.3}");
    }
}

#[test]
fn after_a_flip_of_popularity_three_turns_bring_it_within_five_points_of_lru() {
    let mut short = 0.0;
    for round in 0..ROUNDS {
        let mut stream = Stream(77 + round as u64);
        let flip = 12_000 + round * 1_100;
        let requests: Vec<_> = (0..flip + 3 * CAPACITY)
            .map(|at| {
                (
                    stream.zipf(10_000) + if at < flip { 0 } else { 1_000_000 },
                    1,
                )
            })
            .collect();
        let (ours, lru) = against_lru(&requests, flip + 2 * CAPACITY);
        short += lru - ours;
    }
    let short = short / ROUNDS as f64;
    assert!(short < 0.05, "{short:.3} below LRU in the mean");
}

/// Flips averaged: one window of a capacity alone is a matter of luck by two points.
const ROUNDS: usize = 8;

#[test]
fn what_is_asked_for_often_outlives_a_scan_that_empties_an_lru() {
    let mut requests: Vec<(u32, u64)> = (0..20_000).map(|at| (at % 300, 1)).collect();
    requests.extend((0..2_000).map(|at| (1_000_000 + at, 1)));
    let from = requests.len();
    requests.extend((0..300).map(|at| (at, 1)));
    let (ours, lru) = against_lru(&requests, from);
    assert!(ours > 0.95 && lru == 0.0, "{ours}, LRU {lru}");
}

#[test]
fn small_objects_win_for_objects_and_large_ones_may_stay_for_bytes() {
    let mut ratios = Vec::new();
    for goal in [Goal::Objects, Goal::Bytes] {
        let config = Config::new(ByteSize::from_bytes(20_000))
            .shards(1)
            .entry_cost(0);
        let cache = TinyLfu::new(config.goal(goal));
        let mut stream = Stream(9);
        for _ in 0..40_000 {
            let key = stream.zipf(2_000);
            let weight = if key.is_multiple_of(2) { 10 } else { 500 };
            if cache.get(&key).is_none() {
                let _ = cache.insert(key, (), weight);
            }
        }
        let stats = cache.stats();
        ratios.push((stats.hits, stats.saved_bytes));
    }
    assert!(ratios[0].0 > ratios[1].0, "objects: {ratios:?}");
    assert!(ratios[0].1 < ratios[1].1, "bytes: {ratios:?}");
}

#[test]
fn what_is_counted_is_exact_and_outlives_a_clearing() {
    let cache: TinyLfu<u32, ()> = TinyLfu::new(
        Config::new(ByteSize::from_bytes(64_000))
            .shards(4)
            .entry_cost(10),
    );
    for (key, weight) in [(1, 100), (2, 7)] {
        cache.insert(key, (), weight).expect("there is room");
    }
    let ask = |key: u32, times: u64| (0..times).for_each(|_| _ = cache.get(&key));
    ask(1, 3);
    ask(2, 20);
    ask(3, 5);
    cache.clear();
    ask(1, 2);
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses), (23, 7));
    assert_eq!(stats.saved_bytes, 3 * 100 + 20 * 7);
    assert_eq!((stats.admitted, stats.removed, stats.entries), (2, 2, 0));
    assert!((20..=30).contains(&stats.busiest) && stats.shards == 4);
}

#[test]
fn uses_are_counted_up_to_fifteen_whether_an_entry_is_there_or_not() {
    let cache = small(10_000);
    let ask = |key: u32| (0..1_000).filter(|_| cache.get(&key).is_some()).count();
    cache.insert(2, (), 100).expect("there is room");
    assert_eq!((ask(1), ask(2)), (0, 1_000));
    assert_eq!((cache.uses(&1), cache.uses(&2)), (15, 15));
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses), (1_000, 1_000));
}

#[test]
fn refusals_say_why() {
    let cache = small(1_000);
    let too_large = cache.insert(0, (), 1_001).unwrap_err();
    assert_eq!(
        too_large,
        Refusal::TooLarge {
            weight: 1_001,
            limit: 1_000
        }
    );
    assert_eq!(
        eaves_common::Error::from(too_large).kind(),
        ErrorKind::Limit
    );

    for key in 1..=10 {
        cache.insert(key, (), 100).unwrap();
        (0..8).for_each(|_| assert!(cache.get(&key).is_some()));
    }
    assert_eq!(
        cache.insert(11, (), 900),
        Err(Refusal::Outvalued { weight: 900 })
    );
    assert_eq!(cache.len(), 10, "nothing leaves for what does not enter");

    let crumbs = small(1_000);
    for key in 0..1_000 {
        crumbs.insert(key, (), 1).unwrap();
    }
    (0..200).for_each(|_| assert!(crumbs.get(&2_000).is_none()));
    let crowded = crumbs.insert(2_000, (), 1_000);
    assert!(crowded.is_err());
    let stats = crumbs.stats();
    assert_eq!(stats.refused.crowded + stats.refused.outvalued, 1);
}

#[test]
fn dead_entries_leave_before_anything_alive() {
    let cache = small(10);
    for key in 0..10 {
        cache.insert(key, key, 1).unwrap();
        (0..key).for_each(|_| assert!(cache.get(&9.min(key)).is_some()));
    }
    assert!(cache.demote(&9), "the most used");
    cache.insert(100, 100, 1).unwrap();
    assert_eq!(cache.peek(&9), None);

    cache
        .insert_over(101, 101, 1, |key, _| *key == 0 || *key == 100)
        .unwrap();
    assert_eq!(cache.stats().dead, 1);
    assert_eq!((1..9).filter(|key| cache.peek(key).is_some()).count(), 8);
}

#[test]
fn an_entry_that_is_demoted_and_used_again_is_not_the_first_to_leave() {
    let cache = small(10);
    for key in 0..10 {
        cache.insert(key, (), 1).unwrap();
    }
    assert!(cache.demote(&3));
    (0..3).for_each(|_| assert!(cache.get(&3).is_some()));
    cache.insert(100, (), 1).unwrap();
    assert!(cache.peek(&3).is_some());
}

/// A value that uses the cache when it is dropped, which would hang under the shard's lock.
struct Nosy(Arc<OnceLock<Weak<Nosies>>>);

type Nosies = TinyLfu<u32, Arc<Nosy>>;

impl Drop for Nosy {
    fn drop(&mut self) {
        if let Some(cache) = self.0.get().and_then(Weak::upgrade) {
            assert!(cache.len() <= 10);
        }
    }
}

#[test]
fn values_are_dropped_outside_the_lock() {
    let cache = Arc::new(small(10));
    let back = Arc::new(OnceLock::new());
    back.set(Arc::downgrade(&cache)).unwrap();
    for round in 0..3 {
        for key in 0..30 {
            let _ = cache.insert(key + round * 7, Arc::new(Nosy(Arc::clone(&back))), 1);
        }
    }
    assert!(
        cache
            .insert(0, Arc::new(Nosy(Arc::clone(&back))), 11)
            .is_err()
    );
    cache.remove(&1);
    cache.clear();
    assert!(cache.is_empty());
}

#[test]
fn threads_see_only_values_of_their_keys_and_the_budget_holds() {
    let cache: TinyLfu<u64, u64> = TinyLfu::new(Config::new(ByteSize::from_kib(64)).shards(4));
    std::thread::scope(|scope| {
        for thread in 1..5 {
            let cache = &cache;
            scope.spawn(move || {
                let mut stream = Stream(thread);
                for at in 0..10_000 {
                    let key = u64::from(stream.zipf(5_000));
                    match cache.get(&key) {
                        Some(value) => assert_eq!(value % 5_000, key),
                        None => drop(cache.insert(key, key + at % 7 * 5_000, key % 64)),
                    }
                    if at % 50 == 0 {
                        cache.remove(&key);
                    }
                    assert!(at % 1_000 > 0 || cache.stats().bytes <= 64 * 1024);
                }
            });
        }
    });
    let stats = cache.stats();
    assert_eq!(stats.hits + stats.misses, 4 * 10_000);
    assert_eq!(
        stats.entries + stats.evicted + stats.removed,
        stats.admitted
    );
    assert!(stats.skew().unwrap() < 2.0);
}

#[test]
fn the_tables_cost_what_is_charged_for_them() {
    let cache: TinyLfu<[u8; 32], bytes::Bytes> =
        TinyLfu::new(Config::new(ByteSize::from_mib(512)).shards(1));
    for n in 0..20_000_u64 {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&n.to_le_bytes());
        cache.insert(key, bytes::Bytes::new(), 0).unwrap();
    }
    let each = cache.stats().table_bytes as f64 / 20_000.0;
    let charged = TinyLfu::<[u8; 32], bytes::Bytes>::ENTRY_COST as f64;
    assert!(
        each <= charged * 1.05 && charged <= 140.0,
        "{each:.1} B, {charged} B charged"
    );
}

#[test]
fn it_is_send_and_sync() {
    fn check<T: Send + Sync>() {}
    check::<TinyLfu<String, bytes::Bytes>>();
}
