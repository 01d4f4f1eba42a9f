//! [`Reports`]: whether users complain more than at this hour of the week they do.

use eaves_common::time::Wall;

/// A stream of user reports, counted by the minute against what is usual at this hour of the week.
///
/// ```
/// use eaves_common::time::Wall;
/// use eaves_health::incident::Reports;
///
/// let mut reports = Reports::default();
/// let minute = |number: u64| Wall::from_secs(number * 60);
/// for number in 0..600 {
///     reports.count(2, minute(number));
/// }
/// assert!(!reports.is_unusual());
/// reports.count(40, minute(600));
/// reports.close(minute(601));
/// assert!(reports.is_unusual());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reports {
    baseline: Baseline,
    minute: u64,
    count: u64,
    unusual: bool,
}

/// How many reports a minute are usual, by the hour of the week.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Baseline {
    hours: Vec<Hour>,
    /// Over all hours; serves where an hour of the week has not been seen yet.
    overall: f64,
    minutes: u64,
}

/// What is known of an hour of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Hour {
    mean: f64,
    minutes: u64,
}

const HOURS: usize = 168;
/// An hour of the week remembers about four of its kind.
const GAIN: f64 = 1.0 / 240.0;
const OVERALL_GAIN: f64 = 1.0 / 720.0;
/// Before so many minutes nothing counts as unusual.
const LEARNING: u64 = 60;
/// Beyond the usual by so many standard deviations of a Poisson count...
const DEVIATIONS: f64 = 5.0;
/// ...and by so many reports.
const LEAST_EXCESS: f64 = 5.0;
/// More minutes than this without a call are a pause, not silence.
const LONGEST_GAP: u64 = 180;

impl Reports {
    /// Counts reports that came at this time. Times that go back count for the current minute.
    pub fn count(&mut self, reports: u64, now: Wall) {
        self.close(now);
        self.count = self.count.saturating_add(reports);
    }

    /// Closes the minutes that have passed, and judges the last.
    pub fn close(&mut self, now: Wall) {
        let minute = now.as_secs() / 60;
        if self.minute == 0 || minute > self.minute + LONGEST_GAP {
            (self.minute, self.count) = (minute, 0);
        }
        while self.minute < minute {
            let usual = self.baseline.usual(self.minute);
            let most = usual + (DEVIATIONS * usual.sqrt()).max(LEAST_EXCESS);
            self.unusual = self.baseline.minutes >= LEARNING && self.count as f64 > most;
            // What is unusual must not become the usual, once the usual is known.
            let capped = self.unusual && self.baseline.is_known(self.minute);
            let learned = if capped { most } else { self.count as f64 };
            self.baseline.learn(self.minute, learned);
            self.minute += 1;
            self.count = 0;
        }
    }

    /// Says whether the last full minute brought more reports than is usual.
    #[must_use]
    pub fn is_unusual(&self) -> bool {
        self.unusual
    }

    /// Returns what is usual.
    #[must_use]
    pub fn baseline(&self) -> &Baseline {
        &self.baseline
    }
}

impl Default for Baseline {
    fn default() -> Self {
        Self {
            hours: vec![Hour::default(); HOURS],
            overall: 0.0,
            minutes: 0,
        }
    }
}

impl Baseline {
    /// Returns how many reports are usual in this minute since 1970.
    #[must_use]
    pub fn usual(&self, minute: u64) -> f64 {
        let hour = self
            .hours
            .get(hour_of_week(minute))
            .filter(|hour| hour.minutes > 0);
        hour.map_or(self.overall, |hour| hour.mean)
    }

    /// Says whether this hour of the week has been seen for long enough to know better than the count.
    fn is_known(&self, minute: u64) -> bool {
        let hour = self.hours.get(hour_of_week(minute));
        hour.is_some_and(|hour| hour.minutes >= LEARNING)
    }

    fn learn(&mut self, minute: u64, count: f64) {
        let overall_gain = OVERALL_GAIN.max(1.0 / (self.minutes + 1) as f64);
        self.overall += (count - self.overall) * overall_gain;
        self.minutes += 1;
        if let Some(hour) = self.hours.get_mut(hour_of_week(minute)) {
            let gain = GAIN.max(1.0 / (hour.minutes + 1) as f64);
            hour.mean += (count - hour.mean) * gain;
            hour.minutes += 1;
        }
    }
}

fn hour_of_week(minute: u64) -> usize {
    (minute / 60) as usize % HOURS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_season_is_learned_and_only_what_breaks_it_is_unusual() {
        let mut reports = Reports::default();
        let noon = |minute: u64| (minute / 60) % 24 == 12;
        let mut alarms = 0;
        for minute in 1..4 * 7 * 24 * 60 {
            let count = if noon(minute) { 30 } else { 1 };
            reports.count(count, Wall::from_secs(minute * 60));
            alarms += u32::from(minute > 2 * 7 * 24 * 60 && reports.is_unusual());
        }
        assert_eq!(alarms, 0, "noon is busy each day");
        let midnight = 4 * 7 * 24 * 60 + 1;
        reports.count(30, Wall::from_secs(midnight * 60));
        reports.close(Wall::from_secs((midnight + 1) * 60));
        assert!(reports.is_unusual());
    }

    #[test]
    fn a_long_pause_is_no_silence_and_takes_no_time() {
        let mut reports = Reports::default();
        reports.count(1, Wall::from_secs(60));
        reports.count(1, Wall::MAX);
        assert!(!reports.is_unusual());
    }
}
