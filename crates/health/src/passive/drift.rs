//! [`Drift`]: notices a rise of the share of errors as early as can be.

/// A cumulative sum test (Page, 1954): each result moves the sum by how much likelier it is at the
/// share of errors that must not be than at the usual one. It needs no window, so that it is as
/// quick at two requests a second, counted in requests, as at thousands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Drift {
    sum: f64,
}

/// The share of errors that is usual, and the one that must not be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shares {
    pub(crate) usual: f64,
    pub(crate) wrong: f64,
}

/// About e^15 results pass before chance alone gets here.
const ALARM: f64 = 15.0;

impl Drift {
    /// Takes results, the good ones first.
    pub(crate) fn add(&mut self, good: u32, bad: u32, shares: Shares) {
        let Shares { usual, wrong } = shares;
        if wrong < usual * LEAST_GAP {
            // Everybody fails: nobody stands out.
            self.sum = 0.0;
            return;
        }
        let step_good = ((1.0 - wrong) / (1.0 - usual)).ln();
        let step_bad = (wrong / usual).ln();
        self.sum = (self.sum + f64::from(good) * step_good).max(0.0);
        // More than the alarm tells nothing, and would take long to fade.
        self.sum = (self.sum + f64::from(bad) * step_bad).min(2.0 * ALARM);
    }

    pub(crate) fn is_alarm(&self) -> bool {
        self.sum >= ALARM
    }

    pub(crate) fn clear(&mut self) {
        self.sum = 0.0;
    }
}

/// An origin that stands out has at least so many times the errors of the others.
pub(crate) const LEAST_GAP: f64 = 2.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix;

    const SHARES: Shares = Shares {
        usual: 0.02,
        wrong: 0.25,
    };

    fn alarms(share: f64, results: u32, seed: u64) -> Option<u32> {
        let mut random = SplitMix::new(seed);
        let mut drift = Drift::default();
        (0..results).find(|_| {
            let bad = u32::from(random.unit() < share);
            drift.add(1 - bad, bad, SHARES);
            drift.is_alarm()
        })
    }

    #[test]
    fn a_rise_is_noticed_within_a_few_results() {
        let mut needed: Vec<u32> = (0..101)
            .map(|seed| alarms(0.3, 1000, seed).unwrap())
            .collect();
        needed.sort_unstable();
        assert!(needed[50] < 40 && needed[95] < 90, "{needed:?}");
    }

    #[test]
    fn the_usual_share_raises_no_alarm() {
        for seed in 0..10 {
            assert_eq!(alarms(0.02, 100_000, seed), None, "seed {seed}");
        }
    }

    #[test]
    fn where_everybody_fails_nobody_stands_out() {
        let mut drift = Drift::default();
        let shares = Shares {
            usual: 0.5,
            wrong: 0.25,
        };
        drift.add(0, 1000, shares);
        assert!(!drift.is_alarm());
    }
}
