//! [`Calendar`]: so many units per hour, day or month.

use std::time::Duration;

use eaves_common::time::Wall;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::{CalendarState, Snapshot, Zone};
use crate::meter::Meter;

/// A quota per period of the calendar: the kind that is sold.
///
/// All of it fits at once, so pair it with a rate. It goes by the wall clock. When that goes back
/// behind a period's start, the period goes on: nobody gets a quota twice. When it jumps ahead,
/// what was used in the period skipped is forgotten.
///
/// ```
/// use eaves_common::time::Wall;
/// use eaves_ratelimit::meter::{Calendar, Meter, Outcome, Period};
///
/// let quota = Calendar::new(2, Period::Day, "+02:00".parse()?);
/// let mut client = quota.fresh();
/// let now = Wall::from_secs(1_700_000_000); // 2023-11-15T00:13:20+02:00
/// assert_eq!(quota.check(&mut client, 2, now), Outcome::Allowed);
/// let denied = quota.check(&mut client, 1, now);
/// assert_eq!(denied.retry_after().map(|wait| wait.as_secs()), Some(86_400 - 13 * 60 - 20));
/// # Ok::<(), eaves_ratelimit::meter::MeterError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    limit: u64,
    period: Period,
    zone: Zone,
}

/// A period of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Period {
    /// From minute 0 on.
    Hour,
    /// From midnight on, or from the first moment of a day whose midnight is skipped.
    Day,
    /// From the start of the first day on.
    Month,
}

impl Calendar {
    /// Makes a quota of `limit` units per period; of none, nothing ever fits.
    #[must_use]
    pub const fn new(limit: u64, period: Period, zone: Zone) -> Self {
        Self {
            limit,
            period,
            zone,
        }
    }

    pub(super) const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Takes up a key where a snapshot left it.
    ///
    /// Period and zone may have changed since: the units then count in the period around the
    /// snapshot's start. Times after the year 2554 count as the last moment before.
    #[must_use]
    pub fn restore(&self, saved: Snapshot) -> CalendarState {
        CalendarState {
            used: saved.used,
            ..self.around(saved.start)
        }
    }

    /// Returns the state as it stands at `now`.
    #[inline]
    fn at(&self, state: &CalendarState, now: Wall) -> CalendarState {
        if now.as_secs() < state.end {
            return *state;
        }
        self.around(now)
    }

    /// Returns the period around a time, nothing of it used.
    fn around(&self, time: Wall) -> CalendarState {
        let seconds = time.as_secs() as i64; // below 2^35
        let rules = self.zone.rules();
        let (start, end) = bounds(self.period, seconds, rules);
        CalendarState {
            // Where time began in the middle of a period, the period began with it.
            start: start.max(0).unsigned_abs(),
            end: end.max(seconds + 1).unsigned_abs(),
            used: 0,
        }
    }
}

impl Meter for Calendar {
    type State = CalendarState;
    type Time = Wall;

    fn fresh(&self) -> CalendarState {
        CalendarState::default()
    }

    fn limit(&self) -> u64 {
        self.limit
    }

    fn used(&self, state: &CalendarState, now: Wall) -> u64 {
        self.at(state, now).used
    }

    fn retry_after(&self, state: &CalendarState, cost: u64, now: Wall) -> Option<Duration> {
        let room = self.limit.checked_sub(cost)?;
        let state = self.at(state, now);
        if state.used <= room {
            return Some(Duration::ZERO);
        }
        Some(state.end() - now)
    }

    fn charge(&self, state: &mut CalendarState, cost: u64, now: Wall) {
        *state = self.at(state, now);
        state.used = state.used.saturating_add(cost);
    }

    fn refund(&self, state: &mut CalendarState, cost: u64, now: Wall) {
        *state = self.at(state, now);
        state.used = state.used.saturating_sub(cost);
    }
}

/// Returns the seconds at which the period around a time begins and the next one does.
fn bounds(period: Period, seconds: i64, rules: &TimeZone) -> (i64, i64) {
    let time = Timestamp::from_second(seconds).expect("1970 to 2554 is within a timestamp's years");
    if period == Period::Hour {
        let local = seconds + i64::from(rules.to_offset(time).seconds());
        let start = seconds - local.rem_euclid(HOUR);
        return (start, start + HOUR);
    }
    let today = time.to_zoned(rules.clone());
    let (first, length) = match period {
        Period::Month => (today.date().first_of_month(), 1.month()),
        Period::Day | Period::Hour => (today.date(), 1.day()),
    };
    let next = first.saturating_add(length);
    // A midnight that is skipped reads as a time after the gap; the day starts at the gap's end.
    let start_of = |date: Date| {
        let midnight = date.to_zoned(rules.clone());
        let start = midnight.and_then(|midnight| midnight.start_of_day());
        start.map_or(i64::MAX, |start| start.timestamp().as_second())
    };
    (start_of(first), start_of(next))
}

const HOUR: i64 = 3_600;
