//! Heavy hitters: how well they are found, as a table, and what an observation costs.
//!
//! The streams have 4M observations over 1M keys: weights of 1/rank^s, or those of s = 1.0 diluted
//! tenfold with keys that come once. Recall is of the 100 heaviest keys, error the mean relative
//! one of their counts, framed the number of keys named with at least 0.05 % of the stream that
//! sent less (count-min names every key it is asked for).

use std::{collections::HashMap, hint::black_box};

use criterion::{Criterion, Throughput};
use eaves_common::units::ByteSize;
use eaves_ratelimit::heavy::{CountMin, TopK};

fn main() {
    accuracy();
    let mut criterion = Criterion::default().configure_from_args();
    cost(&mut criterion);
    criterion.final_summary();
}

fn accuracy() {
    println!("{:<24} {:>10}  recall  error  framed", "stream", "sketch");
    for (kib, stream) in [
        (16, Stream::Zipf(1.0)),
        (64, Stream::Zipf(0.8)),
        (64, Stream::Zipf(1.0)),
        (16, Stream::OneShot),
        (64, Stream::OneShot),
        (256, Stream::OneShot),
    ] {
        for seed in 0..3_u8 {
            let keys = stream.keys(ITEMS, 1_000_000, seed.into());
            let name = format!("{kib} KiB {stream:?}");
            judge_top(&name, kib, &keys, seed.into());
            judge_bounds(&name, kib, &keys, seed.into());
        }
    }
}

fn judge_top(name: &str, kib: u64, keys: &[u64], seed: u128) {
    let mut top = TopK::new(ByteSize::from_kib(kib), 200, seed).expect("the sizes are fit");
    keys.iter().for_each(|key| top.observe(key, 1));
    let truth = count(keys);
    let list: HashMap<u64, u64> = top
        .list()
        .iter()
        .map(|heavy| (heavy.key, heavy.count))
        .collect();
    let over = list.iter().filter(|(_, count)| **count >= HEAVY);
    let framed = over.filter(|(key, _)| truth[key] < HEAVY).count();
    // As a list of a hundred: one that is kept but not among its first hundred is not found.
    let first: Vec<u64> = top.list().iter().take(100).map(|heavy| heavy.key).collect();
    report(name, "top", &truth, framed, |key| {
        first.contains(&key).then(|| list[&key])
    });
}

fn judge_bounds(name: &str, kib: u64, keys: &[u64], seed: u128) {
    let mut bounds = CountMin::new(ByteSize::from_kib(kib), seed).expect("the sizes are fit");
    for key in keys {
        bounds.observe(key, 1);
    }
    let truth = count(keys);
    let bound = |key: &u64| u64::from(bounds.bound(key));
    let light = truth.iter().filter(|(_, count)| **count < HEAVY);
    let framed = light.filter(|(key, _)| bound(key) >= HEAVY).count();
    let mut first: Vec<u64> = truth.keys().copied().collect();
    first.sort_unstable_by_key(|key| (std::cmp::Reverse(bound(key)), *key));
    first.truncate(100);
    report(name, "count-min", &truth, framed, |key| {
        first.contains(&key).then(|| bound(&key))
    });
}

fn report(
    name: &str,
    sketch: &str,
    truth: &HashMap<u64, u64>,
    framed: usize,
    found: impl Fn(u64) -> Option<u64>,
) {
    let mut heaviest: Vec<_> = truth.iter().map(|(key, count)| (*count, *key)).collect();
    heaviest.sort_unstable_by(|one, other| other.cmp(one));
    heaviest.truncate(100);
    // Keys as heavy as the hundredth are as right as that one; ties are rare enough to be let be.
    let errors: Vec<f64> = heaviest
        .iter()
        .filter_map(|(count, key)| Some(found(*key)?.abs_diff(*count) as f64 / *count as f64))
        .collect();
    let error = errors.iter().sum::<f64>() / errors.len() as f64;
    let recall = errors.len() as f64 / 100.0;
    println!("{name:<24} {sketch:>10}  {recall:>6.2}  {error:.3}  {framed}");
}

fn cost(c: &mut Criterion) {
    let keys = Stream::Zipf(1.0).keys(1 << 20, 1_000_000, 0);
    let flood = Stream::OneShot.keys(1 << 20, 1_000_000, 0);
    let mut group = c.benchmark_group("ratelimit/heavy");
    group
        .throughput(Throughput::Elements(keys.len() as u64))
        .sample_size(10);
    for (name, keys) in [("zipf", &keys), ("one-shot", &flood)] {
        group.bench_function(format!("top/{name}"), |b| {
            let mut top = TopK::new(ByteSize::from_kib(64), 200, 1).expect("the sizes are fit");
            b.iter(|| keys.iter().for_each(|key| top.observe(black_box(key), 1)));
        });
        group.bench_function(format!("count-min/{name}"), |b| {
            let mut bounds = CountMin::new(ByteSize::from_kib(64), 1).expect("the sizes are fit");
            b.iter(|| {
                for key in keys {
                    black_box(bounds.observe(key, 1));
                }
            });
        });
    }
    group.finish();
}

#[derive(Clone, Copy, Debug)]
enum Stream {
    Zipf(f64),
    OneShot,
}

impl Stream {
    fn keys(self, items: usize, keys: usize, seed: u64) -> Vec<u64> {
        let exponent = if let Self::Zipf(exponent) = self {
            exponent
        } else {
            1.0
        };
        let mut sum = 0.0;
        let weigh = |rank: usize| {
            sum += (rank as f64).powf(-exponent);
            sum
        };
        let sums: Vec<f64> = (1..=keys).map(weigh).collect();
        let mut state = seed;
        let mut unit = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let word = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((word ^ (word >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
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

const ITEMS: usize = 4_000_000;
/// 0.05 % of the stream.
const HEAVY: u64 = ITEMS as u64 / 2_000;
