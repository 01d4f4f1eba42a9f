//! One run of a trace through one policy.

use std::{hint::black_box, time::Instant};

use eaves_cache::store::tinylfu::{Config, Goal, TinyLfu};
use eaves_common::units::ByteSize;
use lru::LruCache;
use serde_json::json;

use super::{
    Trace,
    cli::{By, Capacity},
};

/// What is replayed, and through what.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The policy.
    pub policy: Policy,
    /// What it strives for.
    pub goal: Goal,
    /// Whether objects count their bytes or one each.
    pub by: By,
    /// The size of the cache.
    pub capacity: Capacity,
    /// The seed of the hash.
    pub seed: u64,
}

/// Who decides what stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The cache of `eaves-cache`: one shard, bodies alone counted.
    Eaves,
    /// Plain least recently used.
    Lru,
}

/// What came of a run.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    run: Run,
    capacity: u64,
    requests: u64,
    hits: u64,
    bytes: u64,
    hit_bytes: u64,
    nanoseconds: u128,
}

impl Run {
    /// Replays a trace on this thread.
    #[must_use]
    pub fn replay(self, trace: &Trace) -> Outcome {
        let whole = match self.by {
            By::Bytes => trace.unique_bytes(),
            By::Entries => trace.unique_objects(),
        };
        let capacity = self.capacity.of(whole);
        let start = Instant::now();
        let (hits, hit_bytes) = match self.policy {
            Policy::Eaves => self.eaves(trace, capacity),
            Policy::Lru => self.lru(trace, capacity),
        };
        Outcome {
            run: self,
            capacity,
            requests: trace.requests().len() as u64,
            hits,
            bytes: trace
                .requests()
                .iter()
                .map(|request| u64::from(request.size))
                .sum(),
            hit_bytes,
            nanoseconds: start.elapsed().as_nanos(),
        }
    }

    fn eaves(self, trace: &Trace, capacity: u64) -> (u64, u64) {
        let config = Config::new(ByteSize::from_bytes(capacity)).goal(self.goal);
        let cache = TinyLfu::new(config.shards(1).entry_cost(0).seed(self.seed));
        let (mut hits, mut bytes) = (0, 0);
        for request in trace.requests() {
            if cache.get(&request.id).is_some() {
                hits += 1;
                bytes += u64::from(request.size);
            } else {
                let refused = cache
                    .insert(request.id, (), self.weight(request.size))
                    .err();
                black_box(refused);
            }
        }
        (hits, bytes)
    }

    fn lru(self, trace: &Trace, capacity: u64) -> (u64, u64) {
        let mut cache = LruCache::unbounded();
        let (mut hits, mut bytes, mut filled) = (0, 0, 0);
        for request in trace.requests() {
            let weight = self.weight(request.size);
            if cache.get(&request.id).is_some() {
                hits += 1;
                bytes += u64::from(request.size);
            } else if weight <= capacity {
                cache.put(request.id, weight);
                filled += weight;
                while filled > capacity {
                    filled -= cache.pop_lru().map_or(filled, |(_, weight)| weight);
                }
            }
        }
        (hits, bytes)
    }

    fn weight(self, size: u32) -> u64 {
        match self.by {
            By::Bytes => u64::from(size.max(1)),
            By::Entries => 1,
        }
    }
}

impl Outcome {
    /// Hits among requests.
    #[must_use]
    pub fn object_hit_ratio(&self) -> f64 {
        ratio(self.hits, self.requests)
    }

    /// Bytes of hits among the bytes of requests.
    #[must_use]
    pub fn byte_hit_ratio(&self) -> f64 {
        ratio(self.hit_bytes, self.bytes)
    }

    /// The share of requests or bytes that the goal counts as missed.
    #[must_use]
    pub fn miss_ratio(&self) -> f64 {
        match self.run.goal {
            Goal::Bytes => 1.0 - self.byte_hit_ratio(),
            _ => 1.0 - self.object_hit_ratio(),
        }
    }

    /// The capacity in bytes, or in entries.
    #[must_use]
    pub const fn capacity(&self) -> u64 {
        self.capacity
    }

    /// One line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let policy = match self.run.policy {
            Policy::Eaves => "eaves",
            Policy::Lru => "lru",
        };
        let goal = match self.run.goal {
            Goal::Bytes => "bytes",
            _ => "objects",
        };
        json!({
            "policy": policy,
            "goal": goal,
            "capacity": self.capacity,
            "requests": self.requests,
            "ohr": rounded(self.object_hit_ratio()),
            "bhr": rounded(self.byte_hit_ratio()),
            "ns_per_request": rounded(self.nanoseconds as f64 / self.requests.max(1) as f64),
        })
        .to_string()
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cachesim::Request;

    #[test]
    fn both_policies_count_the_same_requests_and_serve_what_fits() {
        let requests = (0..2_000).map(|at| Request {
            id: at % 10,
            size: 100 + at % 10,
        });
        let trace = Trace::new(requests);
        for policy in [Policy::Eaves, Policy::Lru] {
            let run = Run {
                policy,
                goal: Goal::Objects,
                by: By::Bytes,
                capacity: "100%".parse().expect("a capacity"),
                seed: 1,
            };
            let outcome = run.replay(&trace);
            assert_eq!(
                (outcome.requests, outcome.hits, outcome.capacity()),
                (2_000, 1_990, 1_045)
            );
            assert!((outcome.byte_hit_ratio() - 0.995).abs() < 1e-9);
        }
    }

    #[test]
    fn entries_count_one_each() {
        let trace = Trace::new((0..100).map(|at| Request {
            id: at % 10,
            size: at * 1_000,
        }));
        let run = Run {
            policy: Policy::Lru,
            goal: Goal::Bytes,
            by: By::Entries,
            capacity: "50%".parse().expect("a capacity"),
            seed: 1,
        };
        assert_eq!(run.replay(&trace).capacity(), 5);
    }
}
