//! [`Counters`] and what they count.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::Usage;

/// What a cache has done since its start, and what it holds.
///
/// ```
/// use eaves_cache::stats::Snapshot;
///
/// let snapshot = Snapshot { hits: 3, misses: 1, ..Snapshot::default() };
/// assert_eq!(snapshot.hit_ratio(), 0.75);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// What the store has in use.
    pub usage: Usage,
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

    /// Returns the numbers of this moment beside what a store has in use.
    #[must_use]
    pub fn snapshot(&self, usage: Usage) -> Snapshot {
        let of = |what: Count| self.0[what as usize].load(Ordering::Relaxed);
        Snapshot {
            hits: of(Count::Hit),
            stale_hits: of(Count::StaleHit),
            misses: of(Count::Miss),
            validations: of(Count::Validation),
            collapsed: of(Count::Collapsed),
            bypasses: of(Count::Bypass),
            origin_errors: of(Count::OriginError),
            stale_on_error: of(Count::StaleOnError),
            background: of(Count::Background),
            stored: of(Count::Stored),
            usage,
        }
    }
}
