//! Streams with known counts, smaller than those of the bench, against both sketches.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use eaves_common::{time::Mono, units::ByteSize};
#[cfg(feature = "serde")]
use eaves_ratelimit::heavy::{BoundsSummary, TopSummary};
use eaves_ratelimit::heavy::{CountMin, Offenders, Rotating, SketchError, TopK};
use proptest::prelude::*;

#[test]
fn the_heaviest_are_found_and_nobody_is_framed() {
    for (stream, recall) in [(Stream::Zipf, 1.0), (Stream::OneShot, 0.95)] {
        let keys = stream.keys(150_000, 50_000);
        let truth = count(&keys);
        let mut top = TopK::new(ByteSize::from_kib(16), 100, 1).unwrap();
        keys.iter().for_each(|key| top.observe(key, 1));
        let heaviest = heaviest(&truth, 20);
        let list = top.list();
        let is_listed = |key: &&u64| list.iter().any(|heavy| heavy.key == **key);
        let found = heaviest.iter().filter(is_listed);
        assert!(found.count() as f64 >= recall * 20.0, "{stream:?}");
        let framed = list.iter().filter(|heavy| heavy.count > truth[&heavy.key]);
        assert_eq!(framed.count(), 0, "{stream:?}");
    }
}

#[test]
fn what_four_threads_saw_adds_up() {
    let keys = Stream::Zipf.keys(200_000, 50_000);
    let truth = count(&keys);
    let empty = TopK::new(ByteSize::from_kib(32), 100, 1).unwrap();
    let mut parts: Vec<_> = std::thread::scope(|scope| {
        let work = |part: &'static [u64], mut top: TopK<u64>| {
            move || {
                part.iter().for_each(|key| top.observe(key, 1));
                top
            }
        };
        let keys: &'static [u64] = Vec::leak(keys);
        let threads: Vec<_> = keys
            .chunks(50_000)
            .map(|part| scope.spawn(work(part, empty.clone())))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let mut sum = parts.pop().unwrap();
    parts.iter().for_each(|part| sum.merge(part).unwrap());
    let list = sum.list();
    for key in heaviest(&truth, 20) {
        let found = list.iter().find(|heavy| heavy.key == key).unwrap();
        assert!(
            found.count * 100 >= truth[&key] * 95,
            "{found:?} {}",
            truth[&key]
        );
    }
    assert!(list.iter().all(|heavy| heavy.count <= truth[&heavy.key]));
}

#[test]
fn a_candidate_that_makes_room_is_not_forgotten() {
    let mut top = TopK::new(ByteSize::from_kib(4), 1, 1).unwrap();
    top.observe(&"first", 5);
    top.observe(&"second", 6);
    assert_eq!(top.list()[0].key, "second");
    assert_eq!(top.count(&"first"), 5);
    top.observe(&"first", 2);
    assert_eq!((top.list()[0].key, top.list()[0].count), ("first", 7));
    assert_eq!(top.count(&"second"), 6);
}

#[test]
fn sketches_that_count_differently_do_not_merge() {
    let top = |kib, candidates, seed: u128| {
        TopK::<u64>::new(ByteSize::from_kib(kib), candidates, seed).unwrap()
    };
    for (other, what) in [
        (top(16, 10, 2), "seed"),
        (top(32, 10, 1), "memory"),
        (top(16, 8, 1), "memory"),
    ] {
        assert_eq!(
            top(16, 10, 1).merge(&other),
            Err(SketchError::Mismatch { what })
        );
    }
    let bounds = |kib, seed| CountMin::new(ByteSize::from_kib(kib), seed).unwrap();
    for (other, what) in [(bounds(1, 2), "seed"), (bounds(2, 1), "memory")] {
        assert_eq!(
            bounds(1, 1).merge(&other),
            Err(SketchError::Mismatch { what })
        );
    }
}

#[test]
fn a_summary_adds_up_like_the_sketch_itself() {
    let keys = Stream::Zipf.keys(20_000, 5_000);
    let (mut top, mut bounds) = (
        TopK::new(ByteSize::from_kib(8), 50, 1).unwrap(),
        CountMin::new(ByteSize::from_kib(8), 1).unwrap(),
    );
    let (mut other_top, mut other_bounds) = (top.clone(), bounds.clone());
    for (nth, key) in keys.iter().enumerate() {
        let here = nth % 3 == 0;
        let (top, bounds) = match here {
            true => (&mut top, &mut bounds),
            false => (&mut other_top, &mut other_bounds),
        };
        top.observe(key, 1);
        bounds.observe(key, 1);
    }
    let (mut merged_top, mut merged_bounds) = (top.clone(), bounds.clone());
    merged_top.merge(&other_top).unwrap();
    merged_bounds.merge(&other_bounds).unwrap();
    top.absorb(&other_top.summary()).unwrap();
    bounds.absorb(&other_bounds.summary()).unwrap();
    let counts = |top: &TopK<u64>| keys.iter().map(|key| top.count(key)).collect::<Vec<_>>();
    assert_eq!(counts(&top), counts(&merged_top));
    assert_eq!(bounds.summary(), merged_bounds.summary());
}

#[test]
fn a_summary_of_another_sketch_is_refused() {
    let top = |kib, candidates, seed| {
        let mut top = TopK::new(ByteSize::from_kib(kib), candidates, seed).unwrap();
        (0..100_u64).for_each(|key| top.observe(&key, 1));
        top
    };
    let mut here = top(16, 10, 1);
    let before = here.summary();
    for (other, what) in [
        (top(16, 10, 2), "seed"),
        (top(32, 10, 1), "memory"),
        (top(16, 12, 1), "memory"),
    ] {
        let refused = here.absorb(&other.summary());
        assert_eq!(refused, Err(SketchError::Mismatch { what }));
    }
    assert_eq!(here.summary(), before);
}

#[cfg(feature = "serde")]
#[test]
fn a_summary_passes_through_text() {
    let mut top = TopK::new(ByteSize::from_kib(4), 10, 1).unwrap();
    let mut bounds = CountMin::new(ByteSize::from_kib(1), 1).unwrap();
    for key in ["a", "b", "a"].map(String::from) {
        top.observe(&key, 7);
        bounds.observe(&key, 7);
    }
    let text = serde_json::to_string(&top.summary()).unwrap();
    let sent: TopSummary<String> = serde_json::from_str(&text).unwrap();
    assert_eq!(sent, top.summary());
    let text = serde_json::to_string(&bounds.summary()).unwrap();
    let sent: BoundsSummary = serde_json::from_str(&text).unwrap();
    assert_eq!(sent, bounds.summary());
    // A list that is too long, or names a key twice, is no way past the bounds.
    let mut text = serde_json::to_value(top.summary()).unwrap();
    text["candidates"] = serde_json::json!(vec![serde_json::json!({"key": "x", "count": 1}); 10]);
    let doubled: TopSummary<String> = serde_json::from_value(text.clone()).unwrap();
    top.absorb(&doubled).unwrap();
    assert_eq!(
        top.list().iter().filter(|heavy| heavy.key == "x").count(),
        1
    );
    text["candidates"] = serde_json::json!(vec![serde_json::json!({"key": "x", "count": 1}); 11]);
    let long: TopSummary<String> = serde_json::from_value(text).unwrap();
    let refused = Err(SketchError::Mismatch { what: "candidates" });
    assert_eq!(top.absorb(&long), refused);
}

#[test]
fn memory_is_what_was_given_and_stays() {
    for kib in [4, 16, 64, 256] {
        let given = ByteSize::from_kib(kib);
        let mut top = TopK::new(given, 50, 1).unwrap();
        let mut bounds = CountMin::new(given, 1).unwrap();
        let before = (top.memory(), bounds.memory());
        let allocated = allocation_counter::measure(|| {
            for key in 0..100_000_u64 {
                top.observe(&(key % 5_000 * key), 1);
                bounds.observe(&key, 1);
            }
        });
        assert_eq!(allocated.count_total, 0, "{kib}");
        assert_eq!((top.memory(), bounds.memory()), before);
        assert!(top.memory() <= given && bounds.memory() <= given);
    }
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    assert!(matches!(
        TopK::<u64>::new(ByteSize::from_bytes(100), 1, 1),
        Err(SketchError::Memory { .. })
    ));
    for candidates in [0, 40_000] {
        assert!(matches!(
            TopK::<u64>::new(ByteSize::from_mib(64), candidates, 1),
            Err(SketchError::Candidates { .. })
        ));
    }
}

#[test]
fn windows_forget_what_is_two_windows_old() {
    let bounds = CountMin::new(ByteSize::from_kib(1), 1).unwrap();
    let mut bounds = Rotating::new(bounds, Duration::from_secs(10));
    bounds.at(Mono::from_secs(5)).observe(&1, 3);
    bounds.at(Mono::from_secs(12)).observe(&1, 4);
    bounds.at(Mono::from_secs(3)).observe(&1, 1); // late, or a clock that went back
    assert_eq!(
        (bounds.running().bound(&1), bounds.finished().bound(&1)),
        (5, 3)
    );
    bounds.at(Mono::from_secs(20));
    assert_eq!(
        (bounds.running().bound(&1), bounds.finished().bound(&1)),
        (0, 5)
    );
    bounds.at(Mono::from_secs(25)).observe(&1, 2);
    bounds.at(Mono::from_secs(40));
    assert_eq!(
        (bounds.running().bound(&1), bounds.finished().bound(&1)),
        (0, 0)
    );
}

#[test]
fn offenders_among_clients_are_named_as_prefixes() {
    let mut top = TopK::new(ByteSize::from_kib(64), 200, 1).unwrap();
    let addr = |a, b| IpAddr::from([192, 0, a, b]);
    for round in 0..1_000_u32 {
        top.observe(&addr(2, 16), 1);
        top.observe(&addr(2, 17), 1);
        top.observe(
            &IpAddr::from(round.wrapping_mul(0x9e37_79b9).to_be_bytes()),
            1,
        );
    }
    assert_eq!(
        Offenders::new(top.list(), 500).to_string(),
        "192.0.2.16/31\n"
    );
}

#[test]
fn sketches_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<TopK<IpAddr>>();
    crosses::<Rotating<CountMin>>();
    crosses::<Offenders>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Also with weights, merges and far too little room, the truth lies between the two sketches.
    #[test]
    fn one_sketch_bounds_from_below_and_one_from_above(
        one in prop::collection::vec((0_u16..400, 0_u32..50), 0..2_000),
        other in prop::collection::vec((0_u16..400, 0_u32..50), 0..2_000),
        seed in any::<u128>(),
    ) {
        let mut truth = HashMap::<u16, u64>::new();
        let mut sketches = Vec::new();
        for stream in [&one, &other] {
            let mut top = TopK::new(ByteSize::from_bytes(2_000), 8, seed).unwrap();
            let mut bounds = CountMin::new(ByteSize::from_kib(1), seed).unwrap();
            for (key, weight) in stream {
                top.observe(key, *weight);
                bounds.observe(key, *weight);
                *truth.entry(*key).or_default() += u64::from(*weight);
            }
            sketches.push((top, bounds));
        }
        let (top, bounds) = sketches.pop().unwrap();
        let (mut all_top, mut all_bounds) = sketches.pop().unwrap();
        all_top.merge(&top).unwrap();
        all_bounds.merge(&bounds).unwrap();
        for (key, count) in truth {
            prop_assert!(all_top.count(&key) <= count);
            prop_assert!(u64::from(all_bounds.bound(&key)) >= count);
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Stream {
    /// Weights of 1/rank.
    Zipf,
    /// The same, diluted tenfold with keys that come once.
    OneShot,
}

impl Stream {
    fn keys(self, items: usize, keys: usize) -> Vec<u64> {
        let mut sums = Vec::with_capacity(keys);
        let mut sum = 0.0;
        for rank in 1..=keys {
            sum += 1.0 / rank as f64;
            sums.push(sum);
        }
        let mut state = 7_u64;
        let mut unit = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut draw = |item: usize| match self {
            Self::OneShot if unit() < 0.9 => (1 << 32) + item as u64,
            _ => {
                let at = unit() * sum;
                sums.partition_point(|sum| *sum < at) as u64
            }
        };
        (0..items).map(&mut draw).collect()
    }
}

fn count(keys: &[u64]) -> HashMap<u64, u64> {
    let mut counts = HashMap::new();
    keys.iter()
        .for_each(|key| *counts.entry(*key).or_default() += 1);
    counts
}

fn heaviest(truth: &HashMap<u64, u64>, most: usize) -> Vec<u64> {
    let mut keys: Vec<_> = truth.iter().map(|(key, count)| (*count, *key)).collect();
    keys.sort_unstable_by(|one, other| other.cmp(one));
    keys.into_iter().take(most).map(|(_, key)| key).collect()
}
