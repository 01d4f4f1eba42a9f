//! [`Quantile`]: the latency that a given share of recent answers kept, in 4 KiB.

use std::time::Duration;

use eaves_common::{time::Mono, units::Ratio};

/// A streaming quantile of durations that forgets: what is one half-life old weighs half.
///
/// Durations fall into buckets 1/32 of their size wide, from a microsecond to 71 minutes; so the
/// answer is at most 3.2 % (or a microsecond) above the exact quantile and never below it, while memory is
/// fixed. Recording costs a few additions, since the bucket of the quantile moves with the counts;
/// reading costs nothing. At each half-life all counts are halved.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::{time::Mono, units::Ratio};
/// use eaves_health::retry::Quantile;
///
/// let mut p90 = Quantile::new(Ratio::from_percent(90), Duration::from_secs(10));
/// for ms in 1..=100 {
///     p90.record(Duration::from_millis(ms), Mono::from_secs(1));
/// }
/// let estimate = p90.value().unwrap();
/// assert!(estimate >= Duration::from_millis(90) && estimate < Duration::from_millis(94));
/// ```
#[derive(Clone, Debug)]
pub struct Quantile {
    quantile: Ratio,
    half_life: u64,
    /// The half-life that the counts belong to.
    era: u64,
    counts: Box<[u32; BUCKETS]>,
    total: u64,
    /// The bucket of the quantile, and the sum of the counts below it.
    at: usize,
    below: u64,
}

impl Quantile {
    /// Makes an estimator that has seen nothing; a half-life of zero counts as a nanosecond.
    #[must_use]
    pub fn new(quantile: Ratio, half_life: Duration) -> Self {
        Self {
            quantile,
            half_life: u64::try_from(half_life.as_nanos())
                .unwrap_or(u64::MAX)
                .max(1),
            era: 0,
            counts: Box::new([0; BUCKETS]),
            total: 0,
            at: 0,
            below: 0,
        }
    }

    /// Counts one duration.
    pub fn record(&mut self, duration: Duration, now: Mono) {
        self.record_bucket(bucket(duration), now);
    }

    /// Returns the duration that the share of what was recorded does not exceed, or `None` while
    /// nothing is known.
    #[must_use]
    pub fn value(&self) -> Option<Duration> {
        (self.total > 0).then(|| upper_edge(self.at))
    }

    /// Returns how many durations the estimate stands on, old ones counted by their weight.
    #[must_use]
    pub const fn samples(&self) -> u64 {
        self.total / UNIT as u64
    }

    pub(super) fn record_bucket(&mut self, bucket: u16, now: Mono) {
        self.decay(now);
        let bucket = usize::from(bucket).min(BUCKETS - 1);
        self.counts[bucket] += UNIT;
        self.total += u64::from(UNIT);
        if bucket < self.at {
            self.below += u64::from(UNIT);
        }
        self.settle();
    }

    /// Halves the counts once for each half-life that began, and before they could overflow.
    fn decay(&mut self, now: Mono) {
        let era = now.as_nanos() / self.half_life;
        let mut halvings = era.saturating_sub(self.era).min(31) as u32;
        self.era = self.era.max(era);
        if self.total >= FULL {
            halvings = halvings.max(1);
        }
        if halvings == 0 {
            return;
        }
        self.total = 0;
        self.below = 0;
        for (index, count) in self.counts.iter_mut().enumerate() {
            *count >>= halvings;
            self.total += u64::from(*count);
            if index < self.at {
                self.below += u64::from(*count);
            }
        }
    }

    /// Moves `at` to the bucket in which the quantile lies.
    fn settle(&mut self) {
        let rank = self.quantile.of(self.total).min(self.total - 1);
        while self.below > rank {
            self.at -= 1;
            self.below -= u64::from(self.counts[self.at]);
        }
        while self.below + u64::from(self.counts[self.at]) <= rank {
            self.below += u64::from(self.counts[self.at]);
            self.at += 1;
        }
    }
}

/// Buckets to a doubling, and the power of two that it is.
const STEPS: u32 = 32;
const STEP_BITS: u32 = STEPS.ilog2();
/// One bucket a microsecond up to 32, then 32 for each doubling up to 2^32 microseconds.
const BUCKETS: usize = (STEPS * (32 - STEP_BITS + 1)) as usize;
/// The weight of what was just recorded; it survives eight halvings.
const UNIT: u32 = 256;
/// The total at which the counts are halved early, so that none of them overflows.
const FULL: u64 = 1 << 31;

pub(super) fn bucket(duration: Duration) -> u16 {
    let micros = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
    let shift = (micros | STEPS).ilog2() - STEP_BITS;
    let bucket = if micros < STEPS {
        micros
    } else {
        shift * STEPS + (micros >> shift)
    };
    u16::try_from(bucket).expect("fewer than 900 buckets")
}

/// The least duration above everything in a bucket.
fn upper_edge(bucket: usize) -> Duration {
    let bucket = bucket as u64 + 1;
    let steps = u64::from(STEPS);
    if bucket <= steps {
        return Duration::from_micros(bucket);
    }
    let shift = (bucket / steps).saturating_sub(1);
    Duration::from_micros((bucket - shift * steps) << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_what_lies_below_its_upper_edge() {
        let mut micros = 0_u64;
        while micros < 1 << 32 {
            let duration = Duration::from_micros(micros);
            let edge = upper_edge(usize::from(bucket(duration)));
            assert!(edge > duration, "{duration:?} {edge:?}");
            let width = (edge - duration).as_micros();
            assert!(
                width <= 1 || width * 32 <= u128::from(micros),
                "{duration:?} {edge:?}"
            );
            micros = micros + micros / 97 + 1;
        }
        assert_eq!(usize::from(bucket(Duration::MAX)), BUCKETS - 1);
    }

    #[test]
    fn old_answers_are_forgotten() {
        let mut median = Quantile::new(Ratio::from_percent(50), Duration::from_secs(10));
        for _ in 0..1_000 {
            median.record(Duration::from_millis(500), Mono::from_secs(1));
        }
        for _ in 0..300 {
            median.record(Duration::from_millis(10), Mono::from_secs(35));
        }
        assert!(median.value().unwrap() < Duration::from_millis(11));
        assert_eq!(median.samples(), 425, "1000 / 8 + 300");
    }

    #[test]
    fn nothing_overflows_within_one_half_life() {
        let mut p99 = Quantile::new(Ratio::from_percent(99), Duration::MAX);
        for _ in 0..20_000_000 {
            p99.record_bucket(100, Mono::ZERO);
        }
        assert!(p99.total <= FULL + u64::from(UNIT));
        assert_eq!(p99.value(), Some(upper_edge(100)));
    }

    #[test]
    fn extreme_quantiles_are_the_least_and_the_greatest() {
        for (percent, expected) in [(0, 1), (100, 1_000)] {
            let mut quantile = Quantile::new(Ratio::from_percent(percent), Duration::MAX);
            for millis in [1, 10, 1_000] {
                quantile.record(Duration::from_millis(millis), Mono::ZERO);
            }
            let expected = upper_edge(usize::from(bucket(Duration::from_millis(expected))));
            assert_eq!(quantile.value(), Some(expected));
        }
    }
}
