//! [`Counters`] and what they count.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::Stats;
use crate::status::Reason;

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
    /// Readers of a body that was not kept which were left behind, since they had read nothing for too long.
    pub stalled: u64,
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

/// The numbers of a [`Snapshot`] as they grow, and how often each [`Reason`] was given.
///
/// Each thread counts in a stripe of its own, as long as there are no more threads than stripes: two threads that serve hits
/// do not pass a cache line to and fro.
#[derive(Debug, Default)]
pub struct Counters([Stripe; STRIPES]);

const STRIPES: usize = 16;

/// The counts of some of the threads, apart from those of others by two cache lines, which processors fetch in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Stripe {
    counts: [AtomicU64; Count::ALL],
    reasons: [AtomicU64; Reason::COUNT],
}

impl Default for Stripe {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; Count::ALL],
            reasons: [const { AtomicU64::new(0) }; Reason::COUNT],
        }
    }
}

/// The stripe of this thread.
fn stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES;
    }
    // A thread that is ending has no stripe any more.
    OWN.try_with(|own| *own).unwrap_or(0)
}

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
    /// A reader of a fill was left behind, since it had read nothing for too long.
    Stalled,
    /// A response was stored.
    Stored,
}

impl Count {
    const ALL: usize = Self::Stored as usize + 1;
}

impl Counters {
    /// Counts one.
    pub fn add(&self, what: Count) {
        self.0[stripe()].counts[what as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a reason that was given. Hits are counted by [`add`](Self::add) alone.
    pub fn give(&self, reason: Reason) {
        self.0[stripe()].reasons[reason.index()].fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how often a reason was given.
    #[must_use]
    pub fn given(&self, reason: Reason) -> u64 {
        if reason == Reason::Hit {
            return self.of(Count::Hit);
        }
        let stripes = self.0.iter();
        let of = |stripe: &Stripe| stripe.reasons[reason.index()].load(Ordering::Relaxed);
        stripes.map(of).sum()
    }

    fn of(&self, what: Count) -> u64 {
        let stripes = self.0.iter();
        let of = |stripe: &Stripe| stripe.counts[what as usize].load(Ordering::Relaxed);
        stripes.map(of).sum()
    }

    /// Returns the numbers of this moment beside what a store has counted.
    #[must_use]
    pub fn snapshot(&self, store: Stats) -> Snapshot {
        let of = |what| self.of(what);
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
            stalled: of(Count::Stalled),
            stored: of(Count::Stored),
            store,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_many_threads_come_to_their_sum() {
        let counters = Counters::default();
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    counters.add(Count::Hit);
                    counters.give(Reason::Stale);
                });
            }
        });
        assert_eq!(counters.snapshot(Stats::default()).hits, 20);
        assert_eq!(counters.given(Reason::Stale), 20);
        assert_eq!(counters.given(Reason::Hit), 20);
        assert_eq!(counters.given(Reason::Partial), 0);
    }
}
