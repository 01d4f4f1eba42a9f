//! [`Aimd`]: additive increase, multiplicative decrease (Chiu, Jain 1989).

use std::time::Duration;

use super::round::Round;

/// Goes up by one a round, and down by a tenth after a round with a drop or too much latency.
///
/// It finds the limit of services that refuse, and saws around it. Report as drops only what tells
/// of overload: a steady trickle of other errors would keep the limit at its minimum.
///
/// ```
/// use std::time::Duration;
/// use eaves_ratelimit::adaptive::{Aimd, Bounds, Limiter};
///
/// let aimd = Aimd::default().slow_at(Duration::from_millis(500)).backoff(0.8);
/// assert_eq!(Limiter::new(aimd, Bounds::default()).limit(), 20);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Aimd {
    backoff: f64,
    increase: f64,
    slow_at: Option<f64>,
}

impl Aimd {
    /// Sets by what the limit is multiplied after a bad round: 0.5 to 0.99.
    #[must_use]
    pub const fn backoff(mut self, factor: f64) -> Self {
        self.backoff = factor.clamp(0.5, 0.99);
        self
    }

    /// Sets what is added to the limit after a good round: 0.1 to 1000.
    #[must_use]
    pub const fn increase(mut self, by: f64) -> Self {
        self.increase = by.clamp(0.1, 1_000.0);
        self
    }

    /// Sets the mean latency from which on a round is bad.
    #[must_use]
    pub const fn slow_at(mut self, latency: Duration) -> Self {
        self.slow_at = Some(latency.as_secs_f64());
        self
    }

    pub(super) fn next(&self, limit: f64, round: &Round) -> f64 {
        let slow_at = self.slow_at.unwrap_or(f64::INFINITY);
        let is_slow = round.latency().is_some_and(|latency| latency >= slow_at);
        if round.drops > 0 || is_slow {
            return limit * self.backoff;
        }
        if round.is_loaded(limit) {
            return limit + self.increase;
        }
        limit
    }
}

impl Default for Aimd {
    fn default() -> Self {
        Self {
            backoff: 0.9,
            increase: 1.0,
            slow_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_moves_the_limit_one_way() {
        let aimd = Aimd::default().slow_at(Duration::from_secs(1));
        for (round, expected) in [
            (Round::of(0.1, 0, 50), 101.0),
            (Round::of(0.1, 0, 49), 100.0), // half of it is free
            (Round::of(0.1, 1, 100), 90.0),
            (Round::of(0.1, 1, 10), 90.0),
            (Round::of(1.0, 0, 100), 90.0),
        ] {
            assert_eq!(aimd.next(100.0, &round), expected, "{round:?}");
        }
    }
}
