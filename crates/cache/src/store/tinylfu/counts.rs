//! [`Counts`]: what a shard counts.

use crate::stats::Stats;

/// What every lookup counts, apart from the rest so that it lies beside the lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lookups {
    pub(super) hits: u64,
    pub(super) hit_weight: u64,
    pub(super) misses: u64,
}

/// What else a shard counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) inserted: u64,
    pub(super) replaced: u64,
    pub(super) removed: u64,
    pub(super) returned: u64,
    pub(super) evicted: u64,
    pub(super) evicted_weight: u64,
    pub(super) dead: u64,
    pub(super) crowded: u64,
    pub(super) outvalued: u64,
    pub(super) no_room: u64,
    pub(super) too_large: u64,
}

impl Lookups {
    /// Adds a shard's lookups to those of the cache.
    pub(super) fn add_to(&self, stats: &mut Stats, entry_cost: u64) {
        stats.hits += self.hits;
        stats.misses += self.misses;
        stats.saved_bytes += self.hit_weight - self.hits * entry_cost;
        stats.busiest = stats.busiest.max(self.hits + self.misses);
    }
}

impl Counts {
    /// Adds a shard's counters to those of the cache.
    pub(super) const fn add_to(&self, stats: &mut Stats) {
        stats.admitted += self.inserted;
        stats.replaced += self.replaced;
        stats.removed += self.removed;
        stats.returned += self.returned;
        stats.evicted += self.evicted;
        stats.evicted_bytes += self.evicted_weight;
        stats.dead += self.dead;
        stats.refused.crowded += self.crowded;
        stats.refused.outvalued += self.outvalued;
        stats.refused.reserved += self.no_room;
        stats.refused.too_large += self.too_large;
        stats.shards += 1;
    }
}
