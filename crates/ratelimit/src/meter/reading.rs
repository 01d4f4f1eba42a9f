//! [`Reading`]: what a meter says of one key.

use std::time::Duration;

use crate::table::Scale;

/// Whether a request fits under a limit, and how the key stands.
///
/// Durations are worked out when asked for, so that a reading costs nothing where only the verdict
/// matters.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::{time::Mono, units::Rate};
/// use eaves_ratelimit::{key::KeyHasher, meter::Gcra, table::Capacity};
///
/// let gcra = Gcra::new("100/1m burst 20".parse::<Rate>()?, Capacity::new(1024)?)?;
/// let key = KeyHasher::with_seed(1).hash("198.51.100.7");
/// let reading = gcra.check(key, 18, Mono::ZERO);
/// assert!(reading.is_allowed());
/// assert_eq!((reading.limit(), reading.remaining()), (20, 2));
/// assert_eq!(reading.reset_after(), Duration::from_millis(10_800));
///
/// let denied = gcra.check(key, 3, Mono::ZERO);
/// assert_eq!(denied.retry_after(), Some(Duration::from_millis(600)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading<'a> {
    verdict: Verdict,
    cost: u64,
    gauge: Gauge<'a>,
}

/// What a meter decided.
///
/// ```
/// use eaves_common::{time::Mono, units::Rate};
/// use eaves_ratelimit::{key::KeyHash, meter::{Gcra, Verdict}, table::Capacity};
///
/// let gcra = Gcra::new("1/1s burst 2".parse::<Rate>()?, Capacity::new(8)?)?;
/// let reading = gcra.check(KeyHash::new(7), 3, Mono::ZERO);
/// assert_eq!(reading.verdict(), Verdict::Impossible); // three never fit under a burst of two
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It fits, and is counted.
    Allowed,
    /// It does not fit now.
    Denied,
    /// It will never fit, since its cost is above the limit itself.
    Impossible,
}

/// The state behind a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gauge<'a> {
    /// A count, and how long until something changes.
    Count {
        limit: u64,
        remaining: u64,
        /// Until all of the limit remains.
        reset: Duration,
        /// Until one more than now remains.
        more: Duration,
        /// Until the request fits.
        retry: Duration,
    },
    /// A debt in ticks of a scale.
    Debt { scale: &'a Scale, debt: u64 },
}

impl<'a> Reading<'a> {
    pub(crate) const fn new(verdict: Verdict, cost: u64, gauge: Gauge<'a>) -> Self {
        Self {
            verdict,
            cost,
            gauge,
        }
    }

    /// Takes an allowed request's cost off its debt, for one that is not counted.
    pub(crate) fn uncounted(self) -> Self {
        match self.gauge {
            Gauge::Debt { scale, debt } if self.is_allowed() => {
                let debt = debt.saturating_sub(scale.cost(self.cost));
                Self {
                    gauge: Gauge::Debt { scale, debt },
                    ..self
                }
            }
            _ => self,
        }
    }

    /// Returns what was decided.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Says whether the request fits.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self.verdict, Verdict::Allowed)
    }

    /// Returns what the request costs.
    #[must_use]
    pub const fn cost(&self) -> u64 {
        self.cost
    }

    /// Returns how many units are possible at once from idle.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        match self.gauge {
            Gauge::Count { limit, .. } => limit,
            Gauge::Debt { scale, .. } => scale.burst(),
        }
    }

    /// Returns how many units are possible now, this request's counted if it is allowed.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        match self.gauge {
            Gauge::Count { remaining, .. } => remaining,
            Gauge::Debt { scale, debt } => scale.units_left(debt),
        }
    }

    /// Returns when the key is idle again: when all of the limit is possible at once.
    #[must_use]
    pub fn reset_after(&self) -> Duration {
        match self.gauge {
            Gauge::Count { reset, .. } => reset,
            Gauge::Debt { scale, debt } => scale.duration(debt),
        }
    }

    /// Returns when one more unit than now is possible, or `None` if all of the limit is.
    #[must_use]
    pub fn more_after(&self) -> Option<Duration> {
        let next = self.remaining() + 1;
        if next > self.limit() {
            return None;
        }
        match self.gauge {
            Gauge::Count { more, .. } => Some(more),
            Gauge::Debt { scale, debt } => {
                let at_most = scale.tolerance().checked_sub(scale.cost(next))?;
                Some(scale.duration(debt - at_most))
            }
        }
    }

    /// Returns when this request fits if nothing else comes; `None` if it is allowed, and if it
    /// never does.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        if self.verdict != Verdict::Denied {
            return None;
        }
        match self.gauge {
            Gauge::Count { retry, .. } => Some(retry),
            Gauge::Debt { scale, debt } => {
                let due = debt.saturating_add(scale.cost(self.cost));
                Some(scale.duration(due.saturating_sub(scale.tolerance())))
            }
        }
    }
}
