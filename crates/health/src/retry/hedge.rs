//! [`Hedge`]: after which time a slow request is sent to another origin, too.

use std::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

/// Learns latencies and says after which time a request is so late that another origin should be
/// asked, too. Latencies are counted in buckets an eighth apart, in fixed memory, and old ones fade.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::retry::Hedge;
///
/// let hedge = Hedge::new(0.95);
/// assert_eq!(hedge.delay(), None);
/// for ms in 0..1000 {
///     hedge.observe(Duration::from_millis(ms % 100));
/// }
/// let delay = hedge.delay().unwrap();
/// assert!((90..=110).contains(&delay.as_millis()));
/// ```
#[derive(Debug)]
pub struct Hedge {
    quantile: f64,
    buckets: Box<[AtomicU32; BUCKETS]>,
    count: AtomicU32,
}

/// Eight buckets for each power of two of microseconds, up to about an hour.
const BUCKETS: usize = 8 * 32;
/// Fewer answers tell too little.
const LEAST: u32 = 100;
/// After so many answers all counts are halved.
const MOST: u32 = 10_000;

impl Hedge {
    /// Sends another request once this share of the answers would have come: 0.95 hedges one in
    /// twenty.
    #[must_use]
    pub fn new(quantile: f64) -> Self {
        Self {
            quantile: quantile.clamp(0.0, 1.0),
            buckets: Box::new(core::array::from_fn(|_| AtomicU32::new(0))),
            count: AtomicU32::new(0),
        }
    }

    /// Learns from an answer.
    pub fn observe(&self, latency: Duration) {
        self.buckets[bucket(latency)].fetch_add(1, Relaxed);
        if self.count.fetch_add(1, Relaxed) + 1 == MOST {
            self.fade();
        }
    }

    /// Returns how long to wait before another origin is asked; nothing until enough answers have come.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        let count = |bucket: &AtomicU32| bucket.load(Relaxed);
        let total: u32 = self.buckets.iter().map(count).sum();
        if total < LEAST {
            return None;
        }
        let mark = (f64::from(total) * self.quantile).ceil() as u32;
        let mut passed = 0;
        let at = self.buckets.iter().position(|bucket| {
            passed += count(bucket);
            passed >= mark
        });
        Some(upper_end(at.unwrap_or(BUCKETS - 1)))
    }

    fn fade(&self) {
        for bucket in self.buckets.iter() {
            let _ = bucket.fetch_update(Relaxed, Relaxed, |count| Some(count / 2));
        }
        self.count.store(MOST / 2, Relaxed);
    }
}

/// The power of two gives the octave, the three bits after the first its eighth.
fn bucket(latency: Duration) -> usize {
    let micros = u64::try_from(latency.as_micros())
        .unwrap_or(u64::MAX)
        .max(8);
    let octave = micros.ilog2();
    let eighth = (micros >> (octave - 3)) & 7;
    ((octave as usize - 3) * 8 + eighth as usize).min(BUCKETS - 1)
}

fn upper_end(bucket: usize) -> Duration {
    let (octave, eighth) = (bucket / 8 + 3, bucket as u64 % 8);
    Duration::from_micros((8 + eighth + 1) << (octave - 3))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_delay_follows_a_change_of_pace() {
        let hedge = Hedge::new(0.9);
        (0..20_000).for_each(|_| hedge.observe(Duration::from_millis(10)));
        assert!(hedge.delay().unwrap() < Duration::from_millis(12));
        (0..30_000).for_each(|_| hedge.observe(Duration::from_millis(80)));
        assert!(hedge.delay().unwrap() >= Duration::from_millis(80));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_bucket_ends_within_an_eighth_of_what_it_holds(micros in 8_u64..3_000_000_000) {
            let end = upper_end(bucket(Duration::from_micros(micros))).as_micros() as u64;
            prop_assert!(end >= micros && end <= micros + micros / 8 + 1);
        }
    }
}
