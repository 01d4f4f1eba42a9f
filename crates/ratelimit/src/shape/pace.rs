//! [`Pace`]: when the next units may pass (GCRA over all keys, exact in integers).

use std::time::Duration;

use eaves_common::{time::Mono, units::Rate};

/// Time is counted in parts: nanoseconds times the rate's count, so that a unit is `period` parts.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    count: u128,
    period: u128,
    burst: u64,
    /// When all that has passed is paid for, in parts.
    paid: u128,
}

impl Pace {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            count: u128::from(rate.count().get()),
            period: rate.period().as_nanos(),
            burst: rate.burst().get(),
            paid: 0,
        }
    }

    pub(super) const fn burst(&self) -> u64 {
        self.burst
    }

    /// When so many units may pass; they are no more than the burst.
    pub(super) fn due(&self, cost: u64) -> Mono {
        let debt = self.paid.saturating_add(self.parts(cost));
        let start = debt.saturating_sub(self.parts(self.burst));
        Mono::from_nanos(u64::try_from(start.div_ceil(self.count)).unwrap_or(u64::MAX))
    }

    /// Lets so many units pass, which were due and there at `at`.
    ///
    /// Timers are late. What passes late is paid for from when it could have passed, so that the rate
    /// holds in the long run, but for [`FORGIVEN`] at most, so that a long stall ends in no burst.
    pub(super) fn take(&mut self, cost: u64, at: Mono, now: Mono) {
        let now = at.max(Mono::from_nanos(now.as_nanos().saturating_sub(FORGIVEN)));
        let now = u128::from(now.as_nanos()).saturating_mul(self.count);
        self.paid = self.paid.max(now).saturating_add(self.parts(cost));
    }

    /// How long so many units take.
    pub(super) fn time(&self, units: u64) -> Duration {
        let nanos = self.parts(units).div_ceil(self.count);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    fn parts(&self, units: u64) -> u128 {
        u128::from(units).saturating_mul(self.period)
    }
}

/// 100 ms.
const FORGIVEN: u64 = 100_000_000;
