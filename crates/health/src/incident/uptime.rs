//! [`Uptime`]: how much of the last hour to 90 days something served.

use std::{collections::VecDeque, time::Duration};

use eaves_common::{
    time::{Mono, Now, Wall},
    units::Ratio,
};

use super::State;

/// Time spent up, degraded and down, by minute for an hour and by hour for 90 days: 36 KiB when full.
///
/// Ages follow the clock that does not jump; only where they are filed follows the calendar. Time in
/// which nobody watched (before the start, during a restart) counts neither way.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::{Mono, Now, Wall};
/// use eaves_health::incident::{State, Uptime};
///
/// let at = |secs| Now { mono: Mono::from_secs(secs), wall: Wall::from_secs(960_000 + secs) };
/// let mut uptime = Uptime::new(at(0));
/// uptime.spend(State::Up, at(2_700));
/// uptime.spend(State::Down, at(3_600));
/// assert_eq!(uptime.figures().hour.unwrap().to_string(), "75%");
/// ```
#[derive(Clone, Debug)]
pub struct Uptime {
    pub(super) minutes: Series,
    pub(super) hours: Series,
    last: Mono,
}

impl Uptime {
    /// Begins to watch.
    #[must_use]
    pub const fn new(now: Now) -> Self {
        Self {
            minutes: Series::new(MINUTE, 60),
            hours: Series::new(HOUR, 90 * 24),
            last: now.mono,
        }
    }

    /// Says in which state the time from the last call to `now` was spent.
    pub fn spend(&mut self, state: State, now: Now) {
        let gone = now.mono - self.last;
        let millis = u64::try_from(gone.as_millis()).unwrap_or(u64::MAX);
        // What is less than a millisecond stays for the next call.
        self.last += Duration::from_millis(millis);
        let millis = millis.min(MOST);
        let until = now.wall.as_nanos() / NANOS;
        let from = until.saturating_sub(millis);
        self.hours.spend(state, from, until);
        let recent = from.max(until.saturating_sub(60 * MINUTE));
        self.minutes.spend(state, recent, until);
    }

    /// Returns the shares of the time that was not spent down.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let hours = |hours| self.hours.share(hours);
        Figures {
            hour: self.minutes.share(60),
            day: hours(24),
            week: hours(7 * 24),
            month: hours(30 * 24),
            quarter: hours(90 * 24),
        }
    }

    /// Returns the days (in UTC) of the last 90 that something is known about, oldest first.
    #[must_use]
    pub fn days(&self) -> Vec<Day> {
        let mut days: Vec<(u64, Spent)> = Vec::new();
        for (number, spent) in &self.hours.buckets {
            let day = number / 24;
            match days.last_mut() {
                Some((last, sum)) if *last == day => *sum = sum.plus(*spent),
                _ => days.push((day, *spent)),
            }
        }
        days.into_iter()
            .map(|(day, spent)| Day {
                start: Wall::from_secs(day * 86_400),
                up: spent.share(),
                degraded: Duration::from_millis(spent.degraded),
                down: Duration::from_millis(spent.down),
            })
            .collect()
    }

    /// Files what a snapshot holds, and begins to watch.
    pub(super) fn restore(minutes: Vec<Row>, hours: Vec<Row>, now: Now) -> Self {
        let mut uptime = Self::new(now);
        uptime.minutes.fill(minutes);
        uptime.hours.fill(hours);
        uptime
    }
}

/// Shares of time not spent down; `None` where nothing is known.
///
/// ```
/// use eaves_common::time::Now;
/// use eaves_health::incident::Uptime;
///
/// assert_eq!(Uptime::new(Now::default()).figures().day, None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Figures {
    /// The last 60 minutes, the current one included.
    pub hour: Option<Ratio>,
    /// The last 24 hours, the current one included.
    pub day: Option<Ratio>,
    /// The last 7 days, by the hour.
    pub week: Option<Ratio>,
    /// The last 30 days, by the hour.
    pub month: Option<Ratio>,
    /// The last 90 days, by the hour.
    pub quarter: Option<Ratio>,
}

/// One bar of a status page.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::{Mono, Now, Wall};
/// use eaves_health::incident::{State, Uptime};
///
/// let at = |secs| Now { mono: Mono::from_secs(secs), wall: Wall::from_secs(864_000 + secs) };
/// let mut uptime = Uptime::new(at(0));
/// uptime.spend(State::Down, at(60));
/// assert_eq!(uptime.days()[0].down, Duration::from_secs(60));
/// assert_eq!(uptime.days()[0].start, Wall::from_secs(864_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Day {
    /// Midnight in UTC, when it began.
    #[cfg_attr(feature = "serde", serde(with = "super::timestamp"))]
    pub start: Wall,
    /// The share not spent down.
    pub up: Option<Ratio>,
    /// The time spent degraded.
    #[cfg_attr(feature = "serde", serde(serialize_with = "as_text"))]
    pub degraded: Duration,
    /// The time spent down.
    #[cfg_attr(feature = "serde", serde(serialize_with = "as_text"))]
    pub down: Duration,
}

#[cfg(feature = "serde")]
fn as_text<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&eaves_common::units::TimeSpan::new(*time))
}

/// A bucket in a snapshot: its number, then milliseconds up, degraded and down.
pub(super) type Row = (u64, u64, u64, u64);

const NANOS: u64 = 1_000_000;
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const MOST: u64 = 90 * 24 * HOUR;

/// The newest buckets of one width; only those that something was spent in.
#[derive(Clone, Debug)]
pub(super) struct Series {
    width: u64,
    length: u64,
    buckets: VecDeque<(u64, Spent)>,
    /// Milliseconds in a row that no bucket took.
    lost: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    up: u64,
    degraded: u64,
    down: u64,
}

impl Series {
    const fn new(width: u64, length: u64) -> Self {
        Self {
            width,
            length,
            buckets: VecDeque::new(),
            lost: 0,
        }
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        let row = |(number, spent): &(u64, Spent)| (*number, spent.up, spent.degraded, spent.down);
        self.buckets.iter().map(row).collect()
    }

    /// Files an interval of milliseconds of the calendar, bucket by bucket.
    fn spend(&mut self, state: State, from: u64, until: u64) {
        let mut at = from;
        while at < until {
            let number = at / self.width;
            let end = ((number + 1) * self.width).min(until);
            match self.bucket(number) {
                Some(spent) => {
                    spent.add(state, end - at);
                    self.lost = 0;
                }
                None => self.lost += end - at,
            }
            at = end;
        }
        if self.lost > HOUR {
            // The calendar was ahead before: what is kept lies in the future and blocks the present.
            self.buckets.clear();
            self.lost = 0;
        }
    }

    /// The bucket of a number, unless the calendar was set back before all that is kept.
    fn bucket(&mut self, number: u64) -> Option<&mut Spent> {
        let newest = self.buckets.back().map_or(number, |(newest, _)| *newest);
        if number + self.length <= newest {
            return None;
        }
        while self
            .buckets
            .front()
            .is_some_and(|(oldest, _)| oldest + self.length <= number)
        {
            self.buckets.pop_front();
        }
        let at = match self.buckets.binary_search_by_key(&number, |(at, _)| *at) {
            Ok(at) => at,
            Err(at) => {
                self.buckets.insert(at, (number, Spent::default()));
                at
            }
        };
        self.buckets.get_mut(at).map(|(_, spent)| spent)
    }

    fn share(&self, buckets: u64) -> Option<Ratio> {
        let newest = self.buckets.back()?.0;
        let recent = self.buckets.iter().rev();
        recent
            .take_while(|(number, _)| number + buckets > newest)
            .fold(Spent::default(), |sum, (_, spent)| sum.plus(*spent))
            .share()
    }

    /// Takes rows in order; those out of order, too old or too long are not believed.
    fn fill(&mut self, rows: Vec<Row>) {
        let far = u64::MAX / self.width / NANOS;
        for (number, up, degraded, down) in rows {
            let ascends = self.buckets.back().is_none_or(|(last, _)| *last < number);
            let fits = [up, degraded, down]
                .iter()
                .all(|spent| *spent <= 2 * self.width);
            if !ascends || !fits || number > far {
                continue;
            }
            if let Some(spent) = self.bucket(number) {
                *spent = Spent { up, degraded, down };
            }
        }
    }
}

impl Spent {
    const fn add(&mut self, state: State, millis: u64) {
        match state {
            State::Up => self.up += millis,
            State::Degraded => self.degraded += millis,
            State::Down => self.down += millis,
        }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            up: self.up + other.up,
            degraded: self.degraded + other.degraded,
            down: self.down + other.down,
        }
    }

    fn share(self) -> Option<Ratio> {
        let known = self.up + self.degraded + self.down;
        if known == 0 {
            return None;
        }
        let served = u128::from(self.up + self.degraded) * 1_000_000_000 / u128::from(known);
        Some(Ratio::from_billionths(u32::try_from(served).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn at(secs: u64) -> Now {
        Now {
            mono: Mono::from_secs(secs),
            wall: Wall::from_secs(20_000 * DAY + secs),
        }
    }

    #[test]
    fn each_window_sees_its_own_part() {
        let mut uptime = Uptime::new(at(0));
        uptime.spend(State::Up, at(80 * DAY));
        uptime.spend(State::Down, at(80 * DAY + 36 * 3_600));
        uptime.spend(State::Degraded, at(90 * DAY));
        let figures = uptime.figures();
        let text = |figure: Option<Ratio>| figure.unwrap().to_string();
        assert_eq!(text(figures.hour), "100%");
        assert_eq!(text(figures.week), "100%");
        assert_eq!(text(figures.month), "95%"); // 36 of 720 hours
        assert_eq!(text(figures.quarter), "98.3333333%"); // 36 of 2160
        let days = uptime.days();
        assert_eq!(days.len(), 90);
        assert_eq!(days[80].down, Duration::from_secs(DAY));
        assert_eq!(text(days[81].up), "50%");
    }

    #[test]
    fn memory_is_bounded_however_long_it_runs() {
        let mut uptime = Uptime::new(at(0));
        for hour in 0..4_000 {
            uptime.spend(State::Up, at(hour * 3_600 + 10));
        }
        assert_eq!(uptime.hours.buckets.len(), 90 * 24);
        assert_eq!(uptime.minutes.buckets.len(), 60);
    }

    #[test]
    fn parts_of_a_millisecond_add_up() {
        let mut uptime = Uptime::new(Now::default());
        for step in 1..=10_000_u64 {
            let nanos = step * 100_000;
            let now = Now {
                mono: Mono::from_nanos(nanos),
                wall: Wall::from_nanos(nanos),
            };
            uptime.spend(State::Up, now);
        }
        assert_eq!(uptime.hours.rows(), [(0, 1_000, 0, 0)]);
    }

    #[test]
    fn a_calendar_set_back_loses_an_hour_at_most_and_then_goes_on() {
        let mut uptime = Uptime::new(at(0));
        uptime.spend(State::Up, at(3_600));
        let back = |secs| Now {
            mono: Mono::from_secs(3_600 + secs),
            wall: Wall::from_secs(secs),
        };
        uptime.spend(State::Down, back(1_800));
        assert_eq!(
            uptime.figures().quarter,
            Some(Ratio::ONE),
            "a short visit to 1970"
        );
        uptime.spend(State::Down, back(7_200));
        uptime.spend(State::Down, back(7_300));
        assert_eq!(uptime.figures().quarter, Some(Ratio::ZERO), "1970 it is");
    }
}
