//! [`Latency`]: an average over the latest answers.

use std::time::Duration;

/// An average in which each answer weighs a tenth and those before it nine tenths.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Latency {
    seconds: Option<f64>,
}

const GAIN: f64 = 0.1;

impl Latency {
    /// Takes `count` answers that took `total` together.
    pub(crate) fn add(&mut self, count: u32, total: Duration) {
        if count == 0 {
            return;
        }
        let mean = total.as_secs_f64() / f64::from(count);
        let keep = (1.0 - GAIN).powf(f64::from(count));
        self.seconds = Some(
            self.seconds
                .map_or(mean, |old| old * keep + mean * (1.0 - keep)),
        );
    }

    pub(crate) fn seconds(&self) -> Option<f64> {
        self.seconds
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
    fn a_batch_weighs_like_its_answers_one_by_one() {
        let ms = Duration::from_millis;
        let (mut batch, mut single) = (Latency::default(), Latency::default());
        for latency in [&mut batch, &mut single] {
            latency.add(1, ms(20));
        }
        batch.add(5, ms(500));
        (0..5).for_each(|_| single.add(1, ms(100)));
        let difference = batch.seconds().unwrap() - single.seconds().unwrap();
        assert!(difference.abs() < 1e-12);
    }
}
