//! [`Baseline`]: the latency without a queue, learned again from time to time.

use super::round::Round;

/// What a request takes when it need not wait for others.
///
/// Under steady load every round has a queue, and what is taken for normal creeps up with it. So
/// after a number of such rounds the limit is halved for one, and again while that makes requests
/// faster: then there was still a queue. The latency found is the baseline, be it less or more than
/// before.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Baseline {
    /// In seconds; nothing before the first round.
    latency: Option<f64>,
    every: u32,
    /// Rounds left until the next probe.
    left: u32,
    probe: Option<Probe>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Probe {
    /// The limit to go back to.
    resume: f64,
    /// The latency before the limit was halved the last time.
    before: f64,
}

/// What the round was good for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Insight {
    /// The baseline: go on under this limit.
    Learned(f64),
    /// It is time for a probe: set this limit for a round.
    Probe(f64),
    /// The latency beside the baseline, in seconds.
    Compare { latency: f64, baseline: f64 },
    /// Nothing.
    Nothing,
}

impl Baseline {
    pub(super) const fn new(every: u32) -> Self {
        Self {
            latency: None,
            every,
            left: every,
            probe: None,
        }
    }

    pub(super) fn look(&mut self, limit: f64, round: &Round) -> Insight {
        if let Some(probe) = self.probe.take() {
            return self.probed(probe, limit, round);
        }
        let Some(latency) = round.latency() else {
            return Insight::Nothing;
        };
        let baseline = *self.latency.get_or_insert(latency);
        if !round.is_loaded(limit) {
            self.left = self.every;
            self.latency = Some(baseline.min(latency));
            return Insight::Compare { latency, baseline };
        }
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            self.probe = Some(Probe {
                resume: limit,
                before: latency,
            });
            return Insight::Probe(limit / 2.0);
        }
        Insight::Compare { latency, baseline }
    }

    fn probed(&mut self, probe: Probe, limit: f64, round: &Round) -> Insight {
        let Probe { resume, before } = probe;
        let latency = round.latency().unwrap_or(before);
        if latency < before * FASTER && limit * DEEPEST > resume {
            self.probe = Some(Probe {
                resume,
                before: latency,
            });
            return Insight::Probe(limit / 2.0);
        }
        self.left = self.every;
        self.latency = Some(latency.min(before));
        Insight::Learned(resume)
    }

    /// Moves the baseline, as the algorithm sees fit.
    pub(super) const fn set(&mut self, latency: f64) {
        self.latency = Some(latency);
    }

    pub(super) const fn every(mut self, rounds: u32) -> Self {
        let rounds = if rounds < 2 { 2 } else { rounds };
        self.every = rounds;
        self.left = rounds;
        self
    }
}

/// Rounds under load between two probes: with rounds of 100 ms, one in ten seconds.
pub(super) const PROBE_EVERY: u32 = 100;
/// What latency after halving the limit, as a share of that before, tells of a queue.
const FASTER: f64 = 0.8;
/// The largest part by which a probe divides the limit.
const DEEPEST: f64 = 8.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_halves_the_limit_until_that_changes_nothing() {
        let mut baseline = Baseline::new(3);
        let busy = Round::of(0.4, 0, 100);
        let compare = Insight::Compare {
            latency: 0.4,
            baseline: 0.4,
        };
        assert_eq!(baseline.look(100.0, &busy), compare);
        assert_eq!(baseline.look(100.0, &busy), compare);
        assert_eq!(baseline.look(100.0, &busy), Insight::Probe(50.0));
        let half = baseline.look(50.0, &Round::of(0.1, 0, 50));
        assert_eq!(half, Insight::Probe(25.0)); // faster, so there was a queue
        let quarter = baseline.look(25.0, &Round::of(0.1, 0, 25));
        assert_eq!(quarter, Insight::Learned(100.0));
        let compare = Insight::Compare {
            latency: 0.4,
            baseline: 0.1,
        };
        assert_eq!(baseline.look(100.0, &busy), compare);
    }

    #[test]
    fn a_probe_ends_even_if_every_step_makes_requests_faster() {
        let mut baseline = Baseline::new(1);
        let mut limit = 100.0;
        for latency in [8.0, 4.0, 2.0] {
            let round = Round::of(latency, 0, 100);
            let Insight::Probe(next) = baseline.look(limit, &round) else {
                panic!("{latency}");
            };
            limit = next;
        }
        let last = baseline.look(limit, &Round::of(1.0, 0, 100));
        assert_eq!(
            (last, baseline.latency),
            (Insight::Learned(100.0), Some(1.0))
        );
    }

    #[test]
    fn light_rounds_put_the_probe_off() {
        let mut baseline = Baseline::new(2);
        for latency in [0.3, 0.2, 0.5] {
            let light = Round::of(latency, 0, 10);
            assert!(matches!(
                baseline.look(100.0, &light),
                Insight::Compare { .. }
            ));
        }
        assert_eq!(baseline.latency, Some(0.2));
    }

    #[test]
    fn a_light_round_begins_the_count_of_busy_ones_anew() {
        let mut baseline = Baseline::new(2);
        let (light, busy) = (Round::of(0.2, 0, 10), Round::of(0.2, 0, 100));
        for round in [busy, light, busy] {
            let insight = baseline.look(100.0, &round);
            assert!(matches!(insight, Insight::Compare { .. }), "{insight:?}");
        }
        assert_eq!(baseline.look(100.0, &busy), Insight::Probe(50.0));
    }
}
