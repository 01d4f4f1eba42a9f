//! [`Gradient2`]: as much as the present latency is above the usual one, the limit is too high.

use super::{
    baseline::{Baseline, Insight, PROBE_EVERY},
    round::Round,
};

/// Multiplies the limit by a gradient of 0.5 to 1 and adds room for a small queue.
///
/// The gradient is `tolerance * usual latency / present latency`, or the share of requests that were
/// not dropped, if that is less. What is usual follows the present
/// slowly, over some 600 rounds, and is measured anew by a few rounds at half the limit or less
/// once in a while: without that, a queue that stays would become usual and let the limit grow for ever.
///
/// It settles where requests take about `tolerance` times as long as alone.
///
/// ```
/// use eaves_ratelimit::adaptive::{Bounds, Gradient2, Limiter};
///
/// let limiter = Limiter::new(Gradient2::default().tolerance(2.0), Bounds::default());
/// assert_eq!(limiter.limit(), 20);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient2 {
    usual: Baseline,
    tolerance: f64,
    queue: f64,
    smoothing: f64,
}

impl Gradient2 {
    /// Sets how many times the usual latency is fine: 1 to 10.
    #[must_use]
    pub const fn tolerance(mut self, times: f64) -> Self {
        self.tolerance = times.clamp(1.0, 10.0);
        self
    }

    /// Sets how many requests more than the gradient allows are tried: 1 to 1000.
    #[must_use]
    pub const fn queue(mut self, requests: f64) -> Self {
        self.queue = requests.clamp(1.0, 1_000.0);
        self
    }

    /// Sets how much of a change is made in one round: 0.01 to 1, all of it.
    #[must_use]
    pub const fn smoothing(mut self, share: f64) -> Self {
        self.smoothing = share.clamp(0.01, 1.0);
        self
    }

    /// Sets after how many rounds under load the usual latency is measured anew, at least 2.
    #[must_use]
    pub fn probe_every(mut self, rounds: u32) -> Self {
        self.usual = self.usual.every(rounds);
        self
    }

    pub(super) fn next(&mut self, limit: f64, round: &Round) -> f64 {
        if round.latency().is_none() && round.drops > 0 {
            return limit * LEAST_GRADIENT; // nothing but drops
        }
        let (latency, usual) = match self.usual.look(limit, round) {
            Insight::Learned(limit) | Insight::Probe(limit) => return limit,
            Insight::Compare { latency, baseline } => (latency, baseline),
            Insight::Nothing => return limit,
        };
        self.usual.set(drifted(usual, latency));
        if !round.is_loaded(limit) {
            return limit;
        }
        let kept = (1.0 - round.drop_share()).max(LEAST_GRADIENT);
        let gradient = gradient(self.tolerance, usual, latency).min(kept);
        let wanted = limit * gradient + self.queue;
        limit + (wanted - limit) * self.smoothing
    }
}

impl Default for Gradient2 {
    /// Tolerates 1.5 times the usual latency and four requests more, makes a fifth of a change a
    /// round, and measures anew after 100 rounds under load.
    fn default() -> Self {
        Self {
            usual: Baseline::new(PROBE_EVERY),
            tolerance: 1.5,
            queue: 4.0,
            smoothing: 0.2,
        }
    }
}

/// Returns what is usual after a round: a little nearer, and much nearer if it is more than double.
fn drifted(usual: f64, latency: f64) -> f64 {
    if usual > 2.0 * latency {
        return usual * 0.95;
    }
    usual + (latency - usual) / MEMORY
}

fn gradient(tolerance: f64, usual: f64, latency: f64) -> f64 {
    if latency <= 0.0 {
        return 1.0;
    }
    (tolerance * usual / latency).clamp(LEAST_GRADIENT, 1.0)
}

const LEAST_GRADIENT: f64 = 0.5;
/// Rounds over which the usual latency follows the present one.
const MEMORY: f64 = 600.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_stays_between_a_half_and_one() {
        for usual in [0.0, 1e-9, 0.01, 1.0, 1e9] {
            for latency in [0.0, 1e-9, 0.01, 1.0, 1e9] {
                let gradient = gradient(1.5, usual, latency);
                assert!(
                    (0.5..=1.0).contains(&gradient),
                    "{usual} {latency} {gradient}"
                );
            }
        }
        assert_eq!(gradient(1.5, 0.5, 0.75), 1.0);
        assert_eq!(gradient(1.5, 0.5, 1.0), 0.75);
    }

    #[test]
    fn a_limit_half_of_which_is_free_stays() {
        let mut gradient = Gradient2::default();
        for latency in [0.01, 0.01, 5.0, 0.001] {
            assert_eq!(gradient.next(100.0, &Round::of(latency, 0, 49)), 100.0);
        }
        assert!(gradient.next(100.0, &Round::of(0.001, 0, 50)) > 100.0);
    }

    #[test]
    fn one_round_never_more_than_halves() {
        let mut gradient = Gradient2::default().smoothing(1.0);
        gradient.next(100.0, &Round::of(0.01, 0, 100));
        assert_eq!(gradient.next(100.0, &Round::of(10.0, 5, 100)), 54.0);
        assert_eq!(gradient.next(100.0, &Round::of(0.01, 1_000, 100)), 54.0);
    }

    #[test]
    fn drops_count_by_their_share() {
        let mut gradient = Gradient2::default().smoothing(1.0);
        gradient.next(100.0, &Round::of(0.01, 0, 100));
        let next = gradient.next(100.0, &Round::of(0.01, 2, 100)); // of 12
        assert!((next - (100.0 * 10.0 / 12.0 + 4.0)).abs() < 1e-9, "{next}");
    }

    #[test]
    fn what_is_usual_follows_slowly_unless_it_is_more_than_double() {
        assert_eq!(drifted(1.0, 0.4), 0.95);
        assert_eq!(drifted(1.0, 0.7), 1.0 - 0.3 / 600.0);
        assert_eq!(drifted(1.0, 7.0), 1.01);
    }
}
