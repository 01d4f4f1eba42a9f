//! [`Vegas`]: keeps the queue it estimates within bounds (TCP Vegas: Brakmo, Peterson 1995).

use super::{
    baseline::{Baseline, Insight, PROBE_EVERY},
    round::Round,
};

/// Estimates how many requests wait, `limit * (1 - latency alone / present latency)`, and keeps that
/// between three and six times the decimal logarithm of the limit.
///
/// The latency alone is the least seen, measured anew by a few rounds at half the limit or less once in a while,
/// since a service may have become slower for good. Drops lower the limit by their share, and until
/// the next measurement it comes near that limit in steps of one only.
///
/// ```
/// use eaves_ratelimit::adaptive::{Bounds, Limiter, Vegas};
///
/// assert_eq!(Limiter::new(Vegas::default(), Bounds::default()).limit(), 20);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Vegas {
    alone: Baseline,
    /// Where the service dropped requests last, infinity if it has not.
    ceiling: f64,
}

impl Vegas {
    /// Sets after how many rounds under load the latency alone is measured anew, at least 2.
    #[must_use]
    pub fn probe_every(mut self, rounds: u32) -> Self {
        self.alone = self.alone.every(rounds);
        self
    }

    pub(super) fn next(&mut self, limit: f64, round: &Round) -> f64 {
        let step = limit.log10().max(1.0);
        let (latency, alone) = match self.alone.look(limit, round) {
            Insight::Learned(limit) => {
                self.ceiling = f64::INFINITY;
                return limit;
            }
            Insight::Probe(limit) => return limit,
            Insight::Compare { latency, baseline } => (latency, baseline),
            Insight::Nothing if round.drops > 0 => return limit / 2.0, // nothing but drops
            Insight::Nothing => return limit,
        };
        self.alone.set(alone.min(latency));
        if round.drops > 0 {
            self.ceiling = limit;
            return (limit - step).min(limit * (1.0 - round.drop_share()).max(0.5));
        }
        if !round.is_loaded(limit) {
            return limit;
        }
        let change = change(queue(limit, alone, latency), step);
        if change > 0.0 && limit + change >= self.ceiling {
            return limit + 1.0;
        }
        limit + change
    }
}

impl Default for Vegas {
    /// Measures anew after 100 rounds under load.
    fn default() -> Self {
        Self {
            alone: Baseline::new(PROBE_EVERY),
            ceiling: f64::INFINITY,
        }
    }
}

fn queue(limit: f64, alone: f64, latency: f64) -> f64 {
    if latency <= alone {
        return 0.0;
    }
    limit * (1.0 - alone / latency)
}

/// Returns by how much the limit moves: in big steps while there is hardly a queue.
fn change(queue: f64, step: f64) -> f64 {
    match queue / step {
        queued if queued <= 1.0 => 6.0 * step,
        queued if queued < 3.0 => step,
        queued if queued <= 6.0 => 0.0,
        _ => -step,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_kept_between_three_and_six_steps() {
        for (queued, expected) in [
            (0.0, 12.0),
            (2.0, 12.0),
            (5.0, 2.0),
            (6.0, 0.0),
            (12.0, 0.0),
            (13.0, -2.0),
        ] {
            assert_eq!(change(queued, 2.0), expected, "{queued}");
        }
        assert_eq!(queue(100.0, 0.25, 0.5), 50.0);
        assert_eq!(queue(100.0, 0.1, 0.0), 0.0);
    }

    #[test]
    fn a_limit_half_of_which_is_free_stays() {
        let mut vegas = Vegas::default();
        for latency in [0.01, 0.01, 5.0, 0.001] {
            assert_eq!(vegas.next(100.0, &Round::of(latency, 0, 49)), 100.0);
        }
        assert_eq!(vegas.next(100.0, &Round::of(0.001, 0, 50)), 112.0);
    }

    #[test]
    fn drops_lower_the_limit_and_slow_its_way_back() {
        let mut vegas = Vegas::default().probe_every(5);
        vegas.next(100.0, &Round::of(0.01, 0, 100));
        assert_eq!(vegas.next(100.0, &Round::of(0.01, 10, 100)), 50.0);
        assert_eq!(
            vegas.next(80.0, &Round::of(0.01, 0, 80)),
            80.0 + 6.0 * 80_f64.log10()
        );
        assert_eq!(vegas.next(95.0, &Round::of(0.01, 0, 95)), 96.0);
        // The probe ends the memory of it.
        assert_eq!(vegas.next(96.0, &Round::of(0.01, 0, 96)), 48.0);
        assert_eq!(vegas.next(48.0, &Round::of(0.01, 0, 48)), 96.0);
        assert!(vegas.next(96.0, &Round::of(0.01, 0, 96)) > 100.0);
    }
}
