//! [`Dated`]: a calendar's quota for many keys, by a clock that knows no dates.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use eaves_common::{
    time::{Mono, Now, Wall},
    units::Rate,
};

use super::{Calendar, CalendarState, Period, Snapshot, Zone};
use crate::{
    key::KeyHash,
    meter::{Keyed, MeterError, Reading},
    table::{Capacity, Occupancy},
};

/// Quotas of many keys, and how far dates are ahead of the clock that requests come by.
///
/// Between two tellings of the date it goes on with that clock; until the first, time began in 1970.
#[derive(Debug)]
pub(crate) struct Dated {
    quotas: Keyed<Calendar>,
    capacity: Capacity,
    /// Nanoseconds from the monotonic time to the wall's.
    ahead: AtomicI64,
}

impl Dated {
    pub(crate) fn new(rate: Rate, zone: Zone, capacity: Capacity) -> Result<Self, MeterError> {
        if rate.burst() != rate.count() {
            return Err(MeterError::Burst { rate });
        }
        let period = period(rate).ok_or_else(|| MeterError::needs_period(rate))?;
        let calendar = Calendar::new(rate.count().get(), period, zone);
        Ok(Self {
            quotas: Keyed::new(calendar, capacity),
            capacity,
            ahead: AtomicI64::new(0),
        })
    }

    /// The same keys under another rate, if a calendar has its period: what was used stays used, in the
    /// period around the start of the one it was used in.
    pub(crate) fn with_rate(&self, rate: Rate) -> Option<Self> {
        let zone = self.quotas.meter().zone().clone();
        let new = Self::new(rate, zone, self.capacity).ok()?;
        new.set_date_of(self);
        self.each(|key, state| new.restore(key, state.snapshot(), Mono::ZERO));
        Some(new)
    }

    /// Goes by the dates of another.
    pub(crate) fn set_date_of(&self, other: &Self) {
        let ahead = other.ahead.load(Ordering::Relaxed);
        self.ahead.store(ahead, Ordering::Relaxed);
    }

    /// Hears what date it is.
    pub(crate) fn set_date(&self, now: Now) {
        let ahead = i128::from(now.wall.as_nanos()) - i128::from(now.mono.as_nanos());
        let ahead = ahead.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        // A store by every request would be a cache line that all cores fight for.
        if self.ahead.load(Ordering::Relaxed).abs_diff(ahead) > TOLERANCE.as_nanos() as u64 {
            self.ahead.store(ahead, Ordering::Relaxed);
        }
    }

    pub(crate) fn check(&self, key: KeyHash, cost: u64, now: Mono) -> Reading<'static> {
        self.quotas.check(key, cost, self.date(now))
    }

    pub(crate) fn peek(&self, key: KeyHash, cost: u64, now: Mono) -> Reading<'static> {
        self.quotas.peek(key, cost, self.date(now))
    }

    pub(crate) fn charge(&self, key: KeyHash, units: u64, now: Mono) {
        self.quotas.charge(key, units, self.date(now));
    }

    pub(crate) fn refund(&self, key: KeyHash, units: u64, now: Mono) {
        self.quotas.refund(key, units, self.date(now));
    }

    pub(crate) fn occupancy(&self, now: Mono) -> Occupancy {
        self.quotas.occupancy(self.date(now))
    }

    /// Shows every key that has used something, and what.
    pub(crate) fn each(&self, mut see: impl FnMut(KeyHash, &CalendarState)) {
        self.quotas.each(|key, state| {
            if state.snapshot().used > 0 {
                see(key, state);
            }
        });
    }

    /// Takes up a key where a snapshot left it, unless it has used more meanwhile.
    pub(crate) fn restore(&self, key: KeyHash, saved: Snapshot, now: Mono) {
        let state = self.quotas.meter().restore(saved);
        let is_less = |known: &CalendarState| known.snapshot() < state.snapshot();
        self.quotas.put(key, state, is_less, self.date(now));
    }

    fn date(&self, now: Mono) -> Wall {
        let ahead = self.ahead.load(Ordering::Relaxed);
        Wall::from_nanos(now.as_nanos().saturating_add_signed(ahead))
    }
}

/// How far a date may be off before it is corrected.
const TOLERANCE: Duration = Duration::from_millis(1);

/// The calendar's period that a rate's stands for.
fn period(rate: Rate) -> Option<Period> {
    const DAY: u64 = 86_400;
    let period = rate.period();
    match (period.as_secs(), period.subsec_nanos()) {
        (3_600, 0) => Some(Period::Hour),
        (DAY, 0) => Some(Period::Day),
        (secs, 0) if secs == 30 * DAY => Some(Period::Month),
        _ => None,
    }
}
