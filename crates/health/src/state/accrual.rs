//! [`Accrual`]: how surprising it is that nothing has been heard yet.

use std::time::Duration;

/// An accrual failure detector (Hayashibara et al., 2004): instead of "late" or "not late" it says how
/// surprising a silence is, by what silences were like before. A phi of 8 means that
/// one silence in 10^8 lasts so long.
///
/// It keeps a fading mean and deviation, so that it is as small for years as for minutes. Use it
/// on gaps between heartbeats, or on the latencies of answers.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::state::Accrual;
///
/// let mut gaps = Accrual::new(Duration::from_millis(10));
/// (0..50).for_each(|_| gaps.observe(Duration::from_millis(1000)));
/// assert!(gaps.phi(Duration::from_millis(1000)) < 1.0);
/// assert!(gaps.phi(Duration::from_millis(1100)) > 8.0);
/// let deadline = gaps.deadline(8.0).unwrap();
/// assert!((1040..1100).contains(&deadline.as_millis()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accrual {
    /// Below this the deviation is not believed, in seconds.
    least: f64,
    mean: f64,
    variance: f64,
    count: u32,
}

/// The weight of the newest once there are many.
const GAIN: f64 = 0.05;
/// Fewer tell nothing of how they vary.
const ENOUGH: u32 = 3;
/// Beyond this the chance is less than what floating point tells from nothing.
const MOST: f64 = 300.0;

impl Accrual {
    /// Makes a detector that does not believe in a smaller deviation than `least_deviation`.
    #[must_use]
    pub fn new(least_deviation: Duration) -> Self {
        Self {
            least: least_deviation.as_secs_f64().max(1e-6),
            mean: 0.0,
            variance: 0.0,
            count: 0,
        }
    }

    /// Takes a silence that has ended.
    pub fn observe(&mut self, silence: Duration) {
        self.count = self.count.saturating_add(1);
        let gain = GAIN.max(1.0 / f64::from(self.count));
        let off = silence.as_secs_f64() - self.mean;
        self.mean += gain * off;
        self.variance = (1.0 - gain) * (self.variance + gain * off * off);
    }

    /// Says how surprising a silence that has lasted so long is, from 0 to 300; 0 while too little is known.
    #[must_use]
    pub fn phi(&self, silence: Duration) -> f64 {
        if self.count < ENOUGH {
            return 0.0;
        }
        phi_of((silence.as_secs_f64() - self.mean) / self.deviation())
    }

    /// Returns the silence at which phi reaches `threshold`; nothing while too little is known, or
    /// if it never does.
    #[must_use]
    pub fn deadline(&self, threshold: f64) -> Option<Duration> {
        if self.count < ENOUGH || !(0.0..MOST).contains(&threshold) {
            return None;
        }
        // Phi grows with the distance: halve the bracket until it is as fine as a double is.
        let (mut low, mut high) = (-10.0, 64.0);
        for _ in 0..48 {
            let middle = f64::midpoint(low, high);
            if phi_of(middle) < threshold {
                low = middle;
            } else {
                high = middle;
            }
        }
        Duration::try_from_secs_f64((self.mean + high * self.deviation()).max(0.0)).ok()
    }

    fn deviation(&self) -> f64 {
        self.variance.sqrt().max(self.least)
    }
}

/// Minus the decimal logarithm of the chance of more than `distance` deviations above the mean, by
/// the logistic approximation of the normal distribution.
fn phi_of(distance: f64) -> f64 {
    let exponent = distance * (1.5976 + 0.070_566 * distance * distance);
    // ln(1 + e^x), which is x where e^x is beyond floating point.
    let surprise = if exponent > 30.0 {
        exponent
    } else {
        exponent.exp().ln_1p()
    };
    (surprise / core::f64::consts::LN_10).min(MOST)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn phi_is_a_chance_in_tens() {
        let mut gaps = Accrual::new(Duration::from_millis(100));
        assert_eq!(gaps.phi(Duration::from_secs(100)), 0.0);
        (0..100).for_each(|_| gaps.observe(Duration::from_secs(1)));
        // 1.2816 deviations above the mean is where one in ten lies.
        let tenth = gaps.phi(Duration::from_micros(1_128_160));
        assert!((tenth - 1.0).abs() < 0.01, "{tenth}");
        assert_eq!(gaps.phi(Duration::MAX), MOST);
    }

    proptest! {
        #[test]
        fn phi_grows_and_the_deadline_is_where_it_reaches_the_threshold(
            silences in prop::collection::vec(1_u64..5_000, 3..60), threshold in 0.5_f64..50.0,
        ) {
            let mut gaps = Accrual::new(Duration::from_millis(5));
            silences.iter().for_each(|&ms| gaps.observe(Duration::from_millis(ms)));
            let at = |ms| gaps.phi(Duration::from_millis(ms));
            prop_assert!((0..100).all(|step| at(step * 100) <= at(step * 100 + 100)));
            let deadline = gaps.deadline(threshold).unwrap();
            if deadline > Duration::ZERO {
                prop_assert!((gaps.phi(deadline) - threshold).abs() < 1e-3);
            }
        }
    }
}
