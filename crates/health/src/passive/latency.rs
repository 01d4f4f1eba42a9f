//! [`Latency`]: an average over the latest answers.

use std::time::Duration;

use eaves_common::time::Mono;

/// An average in which each answer weighs a tenth and those before it nine tenths, or less as
/// they grow old: where answers are few, each tells more.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Latency {
    seconds: Option<f64>,
    at: Mono,
}

const GAIN: f64 = 0.1;
const HALF_LIFE: f64 = 5.0;

impl Latency {
    /// Takes `count` answers that took `total` together.
    pub(crate) fn add(&mut self, count: u32, total: Duration, now: Mono) {
        if count == 0 {
            return;
        }
        let mean = total.as_secs_f64() / f64::from(count);
        let age = (now - self.at).as_secs_f64() / HALF_LIFE;
        let keep = (1.0 - GAIN).powf(f64::from(count)) * (-age).exp2();
        self.seconds = Some(
            self.seconds
                .map_or(mean, |old| old * keep + mean * (1.0 - keep)),
        );
        self.at = now;
    }

    pub(crate) fn seconds(&self) -> Option<f64> {
        self.seconds
    }

    /// Returns how long ago the latest answer came.
    pub(crate) fn age(&self, now: Mono) -> Duration {
        now - self.at
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.seconds = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_answers_weigh_less() {
        let mut latency = Latency::default();
        latency.add(1, Duration::from_millis(200), Mono::ZERO);
        latency.add(1, Duration::from_millis(20), Mono::from_secs(5));
        let seconds = latency.seconds().unwrap();
        assert!(
            (seconds - (0.2 * 0.45 + 0.02 * 0.55)).abs() < 1e-9,
            "{seconds}"
        );
    }

    #[test]
    fn a_batch_weighs_like_its_answers_one_by_one() {
        let ms = Duration::from_millis;
        let (mut batch, mut single) = (Latency::default(), Latency::default());
        for latency in [&mut batch, &mut single] {
            latency.add(1, ms(20), Mono::ZERO);
        }
        batch.add(5, ms(500), Mono::ZERO);
        (0..5).for_each(|_| single.add(1, ms(100), Mono::ZERO));
        let difference = batch.seconds().unwrap() - single.seconds().unwrap();
        assert!(difference.abs() < 1e-12);
    }
}
