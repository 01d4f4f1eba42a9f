//! [`Terms`]: a rate in nanoseconds, as nodes and store reckon with it.

use std::time::Duration;

use eaves_common::units::Rate;

use crate::meter::{Gauge, Reading, Verdict};

/// What a unit costs and how much may be owed, in nanoseconds.
///
/// Debts are fractions of nanoseconds here, and of microseconds in the store: each is made of a whole
/// number of units, so that no rounding adds up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Terms {
    interval: f64,
    burst: u64,
    tolerance: f64,
}

/// The largest burst, since every number of units up to it is a fraction of 64 bits.
const MOST: u64 = 1 << 53;
/// Sums of fractions differ from their product by less than this part of a nanosecond.
const SLACK: f64 = 0.5;

impl Terms {
    /// Whether fractions can hold a rate: its burst unit by unit, and each unit more than what sums differ
    /// by.
    pub(crate) fn hold(rate: Rate) -> bool {
        let count = u128::from(rate.count().get());
        rate.burst().get() <= MOST && rate.period().as_nanos() >= count
    }

    pub(super) fn of(rate: Rate) -> Self {
        let interval = nanos(rate.period()) / rate.count().get() as f64;
        let burst = rate.burst().get();
        Self {
            interval,
            burst,
            tolerance: interval * burst as f64,
        }
    }

    /// What units cost.
    pub(super) fn cost(&self, units: i64) -> f64 {
        self.interval * units as f64
    }

    pub(super) const fn tolerance(&self) -> f64 {
        self.tolerance
    }

    /// Units from idle.
    pub(super) const fn burst(&self) -> u64 {
        self.burst
    }

    /// Whether a request of this cost fits on top of a debt.
    pub(super) fn verdict(&self, debt: f64, cost: u64) -> Verdict {
        if cost > self.burst {
            return Verdict::Impossible;
        }
        if debt + self.interval * cost as f64 <= self.tolerance + SLACK {
            Verdict::Allowed
        } else {
            Verdict::Denied
        }
    }

    /// How a key stands that owes `debt` after this verdict.
    pub(super) fn reading(&self, verdict: Verdict, cost: u64, debt: f64) -> Reading<'static> {
        let debt = debt.max(0.0);
        let left = ((self.tolerance - debt + SLACK) / self.interval).max(0.0);
        let remaining = left as u64;
        let next = self.interval * (remaining + 1) as f64;
        let due = debt + self.interval * cost as f64 - self.tolerance;
        let gauge = Gauge::Count {
            limit: self.burst,
            remaining,
            reset: whole(debt),
            more: whole(debt + next - self.tolerance),
            retry: whole(due).max(Duration::from_nanos(1)),
        };
        Reading::new(verdict, cost, gauge)
    }
}

/// A duration as a fraction of nanoseconds.
pub(super) fn nanos(duration: Duration) -> f64 {
    duration.as_nanos() as f64
}

/// Nanoseconds as a duration, rounded up; none below zero.
fn whole(nanos: f64) -> Duration {
    Duration::from_nanos(nanos.max(0.0).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_says_what_the_debt_leaves() {
        let terms = Terms::of("10/1s burst 4".parse().unwrap());
        for (debt, cost, verdict, remaining, retry) in [
            (0.0, 1, Verdict::Allowed, 4, None),
            (3e8, 1, Verdict::Allowed, 1, None),
            (
                3.5e8,
                1,
                Verdict::Denied,
                0,
                Some(Duration::from_millis(50)),
            ),
            (1e9, 4, Verdict::Denied, 0, Some(Duration::from_secs(1))),
            (0.0, 5, Verdict::Impossible, 4, None),
        ] {
            let reading = terms.reading(terms.verdict(debt, cost), cost, debt);
            assert_eq!(reading.verdict(), verdict, "{debt} {cost}");
            assert_eq!(reading.remaining(), remaining, "{debt} {cost}");
            assert_eq!(reading.retry_after(), retry, "{debt} {cost}");
        }
    }

    #[test]
    fn a_whole_burst_fits_however_its_interval_is_rounded() {
        for rate in [
            "3/1s burst 3",
            "7/1s burst 1000000",
            "999983/1s",
            "1/1d burst 1000000",
        ] {
            let terms = Terms::of(rate.parse().unwrap());
            assert_eq!(
                terms.verdict(0.0, terms.burst()),
                Verdict::Allowed,
                "{rate}"
            );
            let mut debt = 0.0;
            let some = terms.burst().min(10_000);
            for _ in 0..some {
                debt += terms.cost(1);
            }
            let rest = terms.burst() - some;
            assert_eq!(terms.verdict(debt, rest), Verdict::Allowed, "{rate}");
        }
    }
}
