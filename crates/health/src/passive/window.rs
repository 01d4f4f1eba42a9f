//! [`Window`]: good and bad results, of which old ones fade.

use std::time::Duration;

use eaves_common::time::Mono;

/// Counts of good and bad results whose weight halves with every half-life.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Window {
    good: f64,
    bad: f64,
    at: Mono,
}

impl Window {
    pub(crate) fn add(&mut self, good: u32, bad: u32, half_life: Duration, now: Mono) {
        *self = self.faded(half_life, now);
        self.good += f64::from(good);
        self.bad += f64::from(bad);
    }

    /// Returns the counts as they weigh at `now`.
    pub(crate) fn faded(&self, half_life: Duration, now: Mono) -> Self {
        let age = (now - self.at).as_secs_f64() / half_life.as_secs_f64();
        let keep = (-age).exp2();
        Self {
            good: self.good * keep,
            bad: self.bad * keep,
            at: now.max(self.at),
        }
    }

    /// Takes out what `part` still weighs.
    pub(crate) fn subtract(&mut self, part: &Self, half_life: Duration, now: Mono) {
        let part = part.faded(half_life, now);
        *self = self.faded(half_life, now);
        self.good = (self.good - part.good).max(0.0);
        self.bad = (self.bad - part.bad).max(0.0);
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        (self.good, self.bad) = (0.0, 0.0);
    }

    pub(crate) fn samples(&self) -> f64 {
        self.good + self.bad
    }

    pub(crate) fn bad(&self) -> f64 {
        self.bad
    }

    /// Returns the share of bad results, 0 if there are none at all.
    pub(crate) fn bad_share(&self) -> f64 {
        share(self.bad, self.samples())
    }
}

pub(crate) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_results_fade_and_the_share_stays() {
        let half_life = Duration::from_secs(2);
        let mut window = Window::default();
        window.add(30, 10, half_life, Mono::from_secs(1));
        let faded = window.faded(half_life, Mono::from_secs(5));
        assert!((faded.samples() - 10.0).abs() < 1e-9);
        assert!((faded.bad_share() - 0.25).abs() < 1e-9);
        assert_eq!(Window::default().bad_share(), 0.0);
    }
}
