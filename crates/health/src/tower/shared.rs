//! [`Shared`]: what all clones of a service share.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use eaves_common::time::{Clock, Mono};

use super::{BalanceConfig, Classify};
use crate::{
    Selector,
    retry::{Cause, Refusal, Worker},
};

pub(super) struct Shared {
    pub(super) selector: Selector,
    worker: Mutex<Worker>,
    pub(super) classify: Arc<dyn Classify>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) config: BalanceConfig,
    counters: Counters,
}

/// What has been done so far.
///
/// ```
/// use eaves_health::tower::Counts;
///
/// let counts = Counts::default();
/// assert_eq!(counts.retries + counts.hedges, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Requests taken.
    pub requests: u64,
    /// Attempts after one that failed.
    pub retries: u64,
    /// Attempts beside one that was late.
    pub hedges: u64,
    /// Hedges that answered first.
    pub hedges_won: u64,
    /// Other attempts that the budget refused.
    pub over_budget: u64,
    /// Requests that ended in an error, or in an answer that was worth another origin.
    pub failed: u64,
}

#[derive(Default)]
struct Counters {
    requests: AtomicU64,
    retries: AtomicU64,
    hedges: AtomicU64,
    hedges_won: AtomicU64,
    over_budget: AtomicU64,
    failed: AtomicU64,
}

impl Shared {
    pub(super) fn new(
        selector: Selector,
        worker: Worker,
        classify: Arc<dyn Classify>,
        clock: Arc<dyn Clock>,
        config: BalanceConfig,
    ) -> Self {
        Self {
            selector,
            worker: Mutex::new(worker),
            classify,
            clock,
            config,
            counters: Counters::default(),
        }
    }

    pub(super) fn now(&self) -> Mono {
        self.clock.mono()
    }

    /// Held for a few additions at a time, never while anything is waited for.
    pub(super) fn worker(&self) -> MutexGuard<'_, Worker> {
        self.worker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count_request(&self) {
        self.counters.requests.fetch_add(1, Relaxed);
    }

    pub(super) fn count_attempt(&self, because: Cause) {
        let counter = match because {
            Cause::Late => &self.counters.hedges,
            _ => &self.counters.retries,
        };
        counter.fetch_add(1, Relaxed);
        #[cfg(feature = "metrics")]
        crate::metrics::attempt(because);
    }

    pub(super) fn count_refusal(&self, refusal: Refusal) {
        if refusal == Refusal::BudgetSpent {
            self.counters.over_budget.fetch_add(1, Relaxed);
        }
        #[cfg(feature = "metrics")]
        crate::metrics::refusal(refusal);
    }

    /// Counts a request that ended, answered by an attempt made for this reason.
    pub(super) fn count_end(&self, won: Option<Cause>, failed: Failed) {
        if won == Some(Cause::Late) {
            self.counters.hedges_won.fetch_add(1, Relaxed);
        }
        if failed == Failed::Yes {
            self.counters.failed.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let of = |counter: &AtomicU64| counter.load(Relaxed);
        Counts {
            requests: of(&self.counters.requests),
            retries: of(&self.counters.retries),
            hedges: of(&self.counters.hedges),
            hedges_won: of(&self.counters.hedges_won),
            over_budget: of(&self.counters.over_budget),
            failed: of(&self.counters.failed),
        }
    }
}

/// Whether a request ended badly.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    No,
    Yes,
}
