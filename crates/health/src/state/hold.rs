//! [`Hold`]: how long who was put out stays out at least.

use std::time::Duration;

use eaves_common::time::Mono;

/// A back-off that doubles with every ejection and forgets in quiet times: an origin that flaps is
/// taken back ever later, one that failed once is taken back soon.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hold {
    /// The exponent of the next hold, as it stood at `at`.
    power: f64,
    at: Mono,
}

impl Hold {
    /// Returns how long the ejection that happens now lasts at least.
    pub(crate) fn next(&mut self, terms: HoldTerms, now: Mono) -> Duration {
        let power = self.power(terms, now);
        self.power = power + 1.0;
        self.at = now;
        let seconds = terms.base.as_secs_f64() * power.exp2();
        Duration::from_secs_f64(seconds.min(terms.longest.as_secs_f64()))
    }

    /// Returns how many ejections count as recent.
    pub(crate) fn power(&self, terms: HoldTerms, now: Mono) -> f64 {
        let age = (now - self.at).as_secs_f64() / terms.half_life.as_secs_f64();
        self.power * (-age).exp2()
    }
}

/// The policy's numbers for holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HoldTerms {
    pub(crate) base: Duration,
    pub(crate) longest: Duration,
    pub(crate) half_life: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_double_up_to_the_longest_and_are_forgotten() {
        let terms = HoldTerms {
            base: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            half_life: Duration::from_secs(30),
        };
        let mut hold = Hold::default();
        let now = Mono::from_secs(100);
        let holds: Vec<f64> = (0..8)
            .map(|_| hold.next(terms, now).as_secs_f64())
            .collect();
        assert_eq!(holds, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
        let later = now + Duration::from_secs(300);
        assert!(hold.next(terms, later) < Duration::from_millis(510));
    }
}
