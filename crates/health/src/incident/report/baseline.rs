//! [`Baseline`]: how many reports a minute are usual at each quarter hour of the week.

use super::window::limited;

/// A profile over the 672 quarter hours of a week, learned one minute at a time.
///
/// What is usual is a range: from the level of the quarter hour to the highest of it and its
/// neighbours, so that a rush that begins some minutes early is no surprise. What a minute teaches is
/// cut at a few deviations, so that one bad hour teaches little.
#[derive(Clone, Debug)]
pub(super) struct Baseline {
    pub(super) cells: Box<[Cell; QUARTERS]>,
}

/// What is known about one quarter hour of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::incident) struct Cell {
    /// Usual reports a minute.
    pub(in crate::incident) level: f32,
    /// How much was seen of it, in minutes, up to [`MEMORY`].
    pub(in crate::incident) minutes: f32,
}

/// What is usual in one minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Usual {
    pub(super) level: f32,
    /// The highest level that surprises nobody.
    pub(super) upper: f32,
    pub(super) known: Known,
}

/// Whether this part of the week was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It was.
    Well,
    /// It was not: the level is that of the busiest time seen.
    NotYet,
}

impl Baseline {
    pub(super) fn new() -> Self {
        Self {
            cells: Box::new([Cell::default(); QUARTERS]),
        }
    }

    pub(super) fn usual(&self, minute: u64) -> Usual {
        let at = quarter(minute);
        let around = [at, (at + 1) % QUARTERS, (at + QUARTERS - 1) % QUARTERS];
        let around = around.map(|at| self.cells[at]);
        let highest = |cells: &[Cell]| cells.iter().map(|cell| cell.level).fold(0.0, f32::max);
        if around.iter().all(|cell| cell.minutes >= ENOUGH) {
            return Usual {
                level: around[0].level,
                upper: highest(&around),
                known: Known::Well,
            };
        }
        let busiest = highest(self.cells.as_slice());
        Usual {
            level: busiest,
            upper: busiest,
            known: Known::NotYet,
        }
    }

    /// Learns that `reports` came in a minute.
    pub(super) fn learn(&mut self, minute: u64, reports: f32) {
        let cell = &mut self.cells[quarter(minute)];
        let reports = if cell.minutes >= ENOUGH {
            limited(reports, cell.level)
        } else {
            reports
        };
        cell.minutes = (cell.minutes + 1.0).min(MEMORY);
        // While little is known this is the mean of the minutes seen.
        cell.level += (reports - cell.level) / cell.minutes;
    }

    /// Learns a minute of a level that has lasted so long that it is the usual one now: what was
    /// known before counts little, and a week of it is enough.
    pub(super) fn relearn(&mut self, minute: u64, reports: f32) {
        let cell = &mut self.cells[quarter(minute)];
        cell.minutes = cell.minutes.min(ENOUGH - 1.0);
        self.learn(minute, reports);
    }
}

/// Quarter hours of a week.
const QUARTERS: usize = 672;
/// Minutes of a quarter hour of the week that make it known: most of one.
const ENOUGH: f32 = 10.0;
/// Minutes over which a level is an average: four weeks.
const MEMORY: f32 = 60.0;

const fn quarter(minute: u64) -> usize {
    (minute / 15 % QUARTERS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: u64 = 10_080;

    #[test]
    fn a_rush_is_usual_at_its_time_and_a_quarter_hour_around_it() {
        let mut baseline = Baseline::new();
        for minute in 0..3 * WEEK {
            let rush = (540..600).contains(&(minute % WEEK));
            baseline.learn(minute, if rush { 100.0 } else { 10.0 });
        }
        for (minute, level, upper) in [
            (500, 10.0, 10.0),
            (530, 10.0, 100.0),
            (570, 100.0, 100.0),
            (610, 10.0, 100.0),
            (620, 10.0, 10.0),
        ] {
            let known = Known::Well;
            let expected = Usual {
                level,
                upper,
                known,
            };
            assert_eq!(baseline.usual(minute), expected, "{minute}");
        }
    }

    #[test]
    fn what_was_never_seen_is_as_usual_as_the_busiest_time() {
        let mut baseline = Baseline::new();
        for minute in 0..1_440 {
            baseline.learn(minute, (minute / 15) as f32);
        }
        let usual = baseline.usual(2_000);
        assert_eq!((usual.known, usual.upper), (Known::NotYet, 95.0));
    }

    #[test]
    fn one_bad_half_hour_in_a_month_teaches_little() {
        let mut baseline = Baseline::new();
        for minute in 0..4 * WEEK {
            let bad = (40_000..40_030).contains(&minute);
            baseline.learn(minute, if bad { 2_000.0 } else { 20.0 });
        }
        let after = baseline.usual(40_010).level;
        assert!(after < 28.0, "{after}");
    }
}
