//! [`ReportStream`]: reports as they come, judged once a minute and at once when they pour in.

use std::collections::VecDeque;

use eaves_common::time::Wall;

use super::{
    ReportConfig,
    baseline::{Baseline, Cell, Known, Usual},
    window::{Window, distance},
};

/// A stream of user reports about one service.
///
/// It counts by the minute and compares windows of 1, 5 and 15 minutes with what is usual at that
/// quarter hour of the week (in UTC), as learned over the last weeks: a spike shows at once, a slow rise
/// within a quarter of an hour, and Monday's rush hour is usual. Neither an alarm nor the hour before it is learned;
/// after a day of it, nights between aside, the level is the usual one from then on, learned within a week,
/// since each hour of the week has to be seen. Memory is fixed at some 7 KiB.
///
/// ```
/// use eaves_common::time::Wall;
/// use eaves_health::incident::{Alarm, ReportConfig, ReportStream};
///
/// let mut stream = ReportStream::new(ReportConfig::default());
/// let minute = |minute: u64| Wall::from_secs(minute * 60);
/// for at in 0..2 * 10_080 {
///     assert_eq!(stream.add(4, minute(at)), None); // two quiet weeks
/// }
/// assert_eq!(stream.add(60, minute(2 * 10_080)), Some(Alarm::Raised));
/// ```
#[derive(Clone, Debug)]
pub struct ReportStream {
    config: ReportConfig,
    baseline: Baseline,
    windows: [Window; 3],
    /// The minute that is being counted, once there was one.
    minute: Option<u64>,
    count: u32,
    /// While there is an alarm: quiet minutes in a row.
    alarm: Option<Raised>,
    /// Minutes not learned yet: what an alarm follows within the hour is part of it.
    recent: VecDeque<(u64, f32)>,
    /// Minutes of alarm, less a quarter of the minutes without.
    fatigue: f32,
    reading: Reading,
}

impl ReportStream {
    /// Makes a stream that knows nothing yet.
    #[must_use]
    pub fn new(config: ReportConfig) -> Self {
        Self {
            config,
            baseline: Baseline::new(),
            windows: LENGTHS.map(Window::new),
            minute: None,
            count: 0,
            alarm: None,
            recent: VecDeque::with_capacity(HOUR + 1),
            fatigue: 0.0,
            reading: Reading::default(),
        }
    }

    /// Counts reports that came now, and judges the minutes that are over. Zero reports are a way
    /// to say what time it is; that is to be done at least every minute.
    pub fn add(&mut self, reports: u32, now: Wall) -> Option<Alarm> {
        let before = self.is_alarmed();
        self.tick(now.as_secs() / 60);
        self.count = self.count.saturating_add(reports);
        if reports > 0 {
            self.judge_at_once();
        }
        match (before, self.is_alarmed()) {
            (false, true) => Some(Alarm::Raised),
            (true, false) => Some(Alarm::Cleared),
            _ => None,
        }
    }

    /// Says whether there are unusually many.
    #[must_use]
    pub const fn is_alarmed(&self) -> bool {
        self.alarm.is_some()
    }

    /// Returns the last whole minute and what was usual in it.
    #[must_use]
    pub const fn reading(&self) -> Reading {
        self.reading
    }

    /// Moves on to a minute. One minute in which nobody called was a minute without reports; over
    /// more nothing was counted, and nothing is learned. A calendar set back is waited for, unless
    /// by more than an hour.
    fn tick(&mut self, minute: u64) {
        let Some(counting) = self.minute else {
            self.minute = Some(minute);
            return;
        };
        if minute > counting {
            self.judge(counting);
            if minute - counting == 2 {
                self.judge(counting + 1);
            } else if minute - counting > 2 {
                self.windows.iter_mut().for_each(Window::clear);
            }
        } else if counting - minute <= 60 {
            return;
        }
        self.minute = Some(minute);
    }

    /// Judges a minute that is over.
    fn judge(&mut self, minute: u64) {
        let reports = std::mem::take(&mut self.count) as f32;
        let usual = self.baseline.usual(minute);
        let strayed = usual.strayed(reports);
        self.reading = Reading {
            minute,
            reports: reports as u32,
            usual: usual.level,
            deviations: strayed / self.windows[0].deviation(usual.upper),
        };
        if usual.known == Known::Well {
            self.windows
                .iter_mut()
                .for_each(|window| window.push(strayed));
        }
        self.update_alarm(reports, usual);
        self.learn(minute, reports, usual);
    }

    fn update_alarm(&mut self, reports: f32, usual: Usual) {
        let unusual = match usual.known {
            Known::Well => self
                .windows
                .iter()
                .any(|window| self.is_unusual(window, usual)),
            Known::NotYet => self.is_unusual_while_cold(reports, usual),
        };
        let quiet = match usual.known {
            Known::Well => self.windows[1].deviations(usual.upper) < QUIET,
            Known::NotYet => !self.is_unusual_while_cold(reports, usual),
        };
        let Some(raised) = &mut self.alarm else {
            self.alarm = unusual.then(Raised::default);
            return;
        };
        raised.quiet = if quiet { raised.quiet + 1 } else { 0 };
        if raised.quiet >= self.config.clear_minutes {
            self.alarm = None;
            // What is over must not raise it again through the longest window.
            self.windows.iter_mut().for_each(Window::clear);
        }
    }

    /// Whether a window says that there are too many, by deviation, by share and by number.
    fn is_unusual(&self, window: &Window, usual: Usual) -> bool {
        let length = window.length() as f32;
        // The count that would have made this distance in each of its minutes.
        let root = (usual.upper + 0.375).sqrt() + window.distance() / length.sqrt() / 2.0;
        let mean = root.max(0.0).powi(2) - 0.375;
        window.deviations(usual.upper) > self.config.deviations
            && mean > usual.upper * self.config.times
            && (mean - usual.upper) * length > self.config.least as f32
    }

    fn is_unusual_while_cold(&self, reports: f32, usual: Usual) -> bool {
        let seen: f32 = self.baseline.cells.iter().map(|cell| cell.minutes).sum();
        seen >= COLD
            && reports > usual.upper * self.config.cold_times
            && reports - usual.upper > self.config.least as f32
            && usual.strayed(reports) > self.config.deviations
    }

    /// Raises the alarm before the minute is over, if what came already is too much for all of it.
    fn judge_at_once(&mut self) {
        let Some(minute) = self.minute.filter(|_| self.alarm.is_none()) else {
            return;
        };
        let usual = self.baseline.usual(minute);
        let reports = self.count as f32;
        let unusual = match usual.known {
            Known::NotYet => self.is_unusual_while_cold(reports, usual),
            Known::Well => {
                let mut window = Window::new(1);
                window.unrest = self.windows[0].unrest;
                window.push(usual.strayed(reports));
                self.is_unusual(&window, usual)
            }
        };
        self.alarm = unusual.then(Raised::default);
    }

    /// Learns a minute, unless it is one of an alarm; a level that alarms day after day is learned.
    fn learn(&mut self, minute: u64, reports: f32, usual: Usual) {
        let step = if self.is_alarmed() { 1.0 } else { -0.25 };
        self.fatigue = (self.fatigue + step).clamp(0.0, 2.0 * DAY);
        if self.is_alarmed() && self.fatigue < DAY {
            self.recent.clear();
            return;
        }
        self.recent.push_back((minute, reports));
        if self.recent.len() > HOUR
            && let Some((minute, reports)) = self.recent.pop_front()
        {
            match self.fatigue < DAY {
                true => self.baseline.learn(minute, reports),
                false => self.baseline.relearn(minute, reports),
            }
        }
        if usual.known == Known::Well {
            let windows = self.windows.iter_mut();
            windows.for_each(|window| window.learn(usual.upper));
        }
    }

    /// What is worth keeping over a restart.
    pub(in crate::incident) fn learned(&self) -> Learned {
        Learned {
            cells: self.baseline.cells.to_vec(),
            unrest: self.windows.each_ref().map(|window| window.unrest),
        }
    }

    /// A stream that knows what another learned; numbers that make no sense are not believed.
    pub(in crate::incident) fn restore(config: ReportConfig, learned: &Learned) -> Self {
        let mut stream = Self::new(config);
        let sane = |value: f32| (0.0..1e9).contains(&value);
        for (cell, kept) in stream.baseline.cells.iter_mut().zip(&learned.cells) {
            if sane(kept.level) && sane(kept.minutes) {
                *cell = *kept;
            }
        }
        for (window, unrest) in stream.windows.iter_mut().zip(learned.unrest) {
            if (0.0..=1.0).contains(&unrest) {
                window.unrest = unrest;
            }
        }
        stream
    }
}

impl Usual {
    /// How far a count lies outside of what is usual, 1 by chance; negative below.
    fn strayed(self, reports: f32) -> f32 {
        distance(reports, reports.clamp(self.level, self.upper))
    }
}

/// That reports became unusually many, or usual again.
///
/// ```
/// use eaves_common::time::Wall;
/// use eaves_health::incident::{ReportConfig, ReportStream};
///
/// let mut stream = ReportStream::new(ReportConfig::default());
/// assert_eq!(stream.add(1_000_000, Wall::from_secs(60)), None); // who knows what is usual here
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alarm {
    /// They are usual again.
    Cleared,
    /// They are unusually many.
    Raised,
}

/// One minute of a [`ReportStream`].
///
/// ```
/// use eaves_common::time::Wall;
/// use eaves_health::incident::{ReportConfig, ReportStream};
///
/// let mut stream = ReportStream::new(ReportConfig::default());
/// stream.add(3, Wall::from_secs(60));
/// stream.add(0, Wall::from_secs(120));
/// assert_eq!(stream.reading().reports, 3);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Reading {
    /// The minute, counted from 1970.
    pub minute: u64,
    /// The reports in it.
    pub reports: u32,
    /// What is usual; while this part of the week is unknown, that of the busiest time seen.
    pub usual: f32,
    /// How many usual deviations it was above what is usual.
    pub deviations: f32,
}

/// What a stream learned, for a snapshot.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::incident) struct Learned {
    /// A week of cells, Thursday's first quarter hour in UTC first.
    pub(in crate::incident) cells: Vec<Cell>,
    pub(in crate::incident) unrest: [f32; 3],
}

#[derive(Clone, Debug, Default)]
struct Raised {
    quiet: u32,
}

/// Minutes of the windows.
const LENGTHS: [usize; 3] = [1, 5, 15];
/// Deviations of the five minutes below which an alarm is on its way out.
const QUIET: f32 = 3.0;
/// Minutes before which nothing is unusual.
const COLD: f32 = 60.0;
/// Minutes before a minute is learned.
const HOUR: usize = 60;
/// Minutes of alarm after which its level is learned.
const DAY: f32 = 1_440.0;
