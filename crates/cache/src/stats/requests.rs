//! [`Counters`] and what they count.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Stats;

/// What a cache has done since its start, and what it holds.
///
/// ```
/// use eaves_cache::stats::Snapshot;
///
/// let snapshot = Snapshot { hits: 3, misses: 1, ..Snapshot::default() };
/// assert_eq!(snapshot.hit_ratio(), 0.75);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain numbers, built in tests and dashboards"
)]
pub struct Snapshot {
    /// Requests served from the store without asking the origin, stale ones included.
    pub hits: u64,
    /// Of the hits: those served stale.
    pub stale_hits: u64,
    /// Requests that the store had nothing for.
    pub misses: u64,
    /// Requests that asked the origin whether the stored response still holds.
    pub validations: u64,
    /// Of the misses: those of a URL that is known, but not in the variant that was asked for.
    pub vary_misses: u64,
    /// Stored responses that a lookup found purged, and that were gone with it.
    pub purged: u64,
    /// Stored responses that a lookup found made stale by a purge.
    pub purged_softly: u64,
    /// Of the misses and validations: those that waited for another request's answer.
    pub collapsed: u64,
    /// Requests that are not for a cache.
    pub bypasses: u64,
    /// Requests whose origin failed.
    pub origin_errors: u64,
    /// Requests served stale because the origin failed.
    pub stale_on_error: u64,
    /// Validations in the background.
    pub background: u64,
    /// Responses that were stored.
    pub stored: u64,
    /// What the store has counted and holds.
    pub store: Stats,
}

impl Snapshot {
    /// Returns the share of hits among requests for a cache; zero if there were none.
    #[must_use]
    pub fn hit_ratio(&self) -> f64 {
        let all = self.hits + self.misses + self.validations;
        if all == 0 {
            0.0
        } else {
            self.hits as f64 / all as f64
        }
    }
}

/// The numbers of a [`Snapshot`] as they grow.
#[derive(Debug, Default)]
pub struct Counters([AtomicU64; Count::ALL]);

/// One thing that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Count {
    /// Served from the store.
    Hit,
    /// Served stale from the store.
    StaleHit,
    /// Nothing stored.
    Miss,
    /// The URL was known, the variant not.
    VaryMiss,
    /// What was found had been purged.
    Purged,
    /// What was found had been made stale by a purge.
    PurgedSoftly,
    /// Asked whether the stored response holds.
    Validation,
    /// Waited for another's answer.
    Collapsed,
    /// Not for a cache.
    Bypass,
    /// The origin failed.
    OriginError,
    /// Served stale because the origin failed.
    StaleOnError,
    /// Validated in the background.
    Background,
    /// A response was stored.
    Stored,
}

impl Count {
    const ALL: usize = Self::Stored as usize + 1;
}

impl Counters {
    /// Counts one.
    pub fn add(&self, what: Count) {
        self.0[what as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the numbers of this moment beside what a store has counted.
    #[must_use]
    pub fn snapshot(&self, store: Stats) -> Snapshot {
        let of = |what: Count| self.0[what as usize].load(Ordering::Relaxed);
        Snapshot {
            hits: of(Count::Hit),
            stale_hits: of(Count::StaleHit),
            misses: of(Count::Miss),
            vary_misses: of(Count::VaryMiss),
            purged: of(Count::Purged),
            purged_softly: of(Count::PurgedSoftly),
            validations: of(Count::Validation),
            collapsed: of(Count::Collapsed),
            bypasses: of(Count::Bypass),
            origin_errors: of(Count::OriginError),
            stale_on_error: of(Count::StaleOnError),
            background: of(Count::Background),
            stored: of(Count::Stored),
            store,
        }
    }
}
