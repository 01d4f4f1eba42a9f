//! [`Stats`]: what a store has counted.

use super::Ages;
use crate::store::Usage;

/// What a store has counted since it was made, and what it holds.
///
/// Counting costs nothing that can be measured: the counters lie beside what a lookup reads anyway.
///
/// ```
/// use eaves_cache::store::tinylfu::{Config, TinyLfu};
/// use eaves_common::units::ByteSize;
///
/// let cache = TinyLfu::new(Config::new(ByteSize::from_mib(1)));
/// cache.get("absent");
/// cache.insert("there", (), 100)?;
/// cache.get("there");
/// let stats = cache.stats();
/// assert_eq!((stats.hits, stats.misses, stats.hit_ratio()), (1, 1, Some(0.5)));
/// assert_eq!(stats.saved_bytes, 100);
/// # Ok::<(), eaves_cache::store::tinylfu::Refusal>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Lookups that found an entry.
    pub hits: u64,
    /// Lookups that found none.
    pub misses: u64,
    /// Bytes of the entries that were found, by the weights given: what an origin did not have to send.
    pub saved_bytes: u64,
    /// Entries that were admitted.
    pub admitted: u64,
    /// Entries that took the place of an older value of their key.
    pub replaced: u64,
    /// Offers of a key that had left or been refused lately: entries that a larger budget would have kept.
    pub returned: u64,
    /// Entries that were removed by their key.
    pub removed: u64,
    /// Entries that left because they were known dead.
    pub dead: u64,
    /// Entries evicted to make room.
    pub evicted: u64,
    /// Bytes of the entries evicted to make room, with what each cost.
    pub evicted_bytes: u64,
    /// How long those had been there; empty if the store knows no time.
    pub ages: Ages,
    /// Offers that were refused, by reason.
    pub refused: Refusals,
    /// Entries held.
    pub entries: u64,
    /// Bytes that count against the budget, reserved ones included.
    pub bytes: u64,
    /// The budget in bytes.
    pub budget: u64,
    /// Bytes that the tables take, keys and values included, what these own elsewhere not.
    pub table_bytes: u64,
    /// Parts that the store is divided into, each under a lock of its own.
    pub shards: u64,
    /// Lookups of the busiest of them.
    pub busiest: u64,
}

/// Why offers were refused, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusals {
    /// Too many small entries would have had to leave.
    pub crowded: u64,
    /// What would have had to leave was worth more.
    pub outvalued: u64,
    /// What was not reserved for others was not enough.
    pub reserved: u64,
    /// They exceed what the store takes.
    pub too_large: u64,
}

impl Refusals {
    /// Returns how many were refused.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.crowded + self.outvalued + self.reserved + self.too_large
    }
}

impl Stats {
    pub(crate) fn of_budget(budget: u64) -> Self {
        Self {
            budget,
            ..Self::default()
        }
    }

    /// Returns hits among lookups, `None` before the first.
    #[must_use]
    pub fn hit_ratio(&self) -> Option<f64> {
        let lookups = self.hits + self.misses;
        (lookups > 0).then(|| self.hits as f64 / lookups as f64)
    }

    /// Returns the mean stay of an entry in lookups: entries held, times lookups, by evictions (Little's law);
    /// `None` before the first eviction.
    ///
    /// Times the seconds per lookup it is the mean age at eviction.
    #[must_use]
    pub fn mean_stay(&self) -> Option<f64> {
        let lookups = (self.hits + self.misses) as f64;
        (self.evicted > 0).then(|| self.entries as f64 * lookups / self.evicted as f64)
    }

    /// Returns the lookups of the busiest shard, as a multiple of the mean; 1 is even, `None` before the first.
    #[must_use]
    pub fn skew(&self) -> Option<f64> {
        let lookups = self.hits + self.misses;
        (lookups > 0).then(|| self.busiest as f64 * self.shards as f64 / lookups as f64)
    }
}

impl From<Usage> for Stats {
    /// What a store that counts no more than its usage has to tell.
    fn from(usage: Usage) -> Self {
        Self {
            entries: usage.entries,
            bytes: usage.bytes,
            budget: usage.budget,
            evicted: usage.evictions,
            refused: Refusals {
                outvalued: usage.refusals,
                ..Refusals::default()
            },
            shards: 1,
            ..Self::default()
        }
    }
}

impl From<Stats> for Usage {
    fn from(stats: Stats) -> Self {
        Self {
            entries: stats.entries,
            bytes: stats.bytes,
            budget: stats.budget,
            evictions: stats.evicted + stats.dead,
            refusals: stats.refused.all(),
        }
    }
}
