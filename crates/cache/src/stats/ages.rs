//! [`Ages`]: how old entries were when they had to leave.

use core::time::Duration;
use std::sync::atomic::{AtomicU64, Ordering};

/// Ages by powers of two of a second, from below one second to a year and more.
///
/// ```
/// use core::time::Duration;
/// use eaves_cache::stats::Ages;
///
/// let mut ages = Ages::default();
/// (0..9).for_each(|_| ages.add(Duration::from_secs(50)));
/// ages.add(Duration::from_secs(5000));
/// assert_eq!(ages.count(), 10);
/// assert_eq!(ages.quantile(0.5), Some(Duration::from_secs(64)));
/// assert_eq!(ages.quantile(1.0), Some(Duration::from_secs(8192)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ages([u64; STEPS]);

const STEPS: usize = 26;

impl Ages {
    /// Adds an age.
    pub fn add(&mut self, age: Duration) {
        self.0[step(age)] += 1;
    }

    /// Counts the ages.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Returns an age that this share of the entries did not exceed, rounded up to a power of two of a second; `None`
    /// if there was none.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let count = self.count();
        let mut left = ((count as f64 * share.clamp(0.0, 1.0)).ceil() as u64).max(1);
        for (step, ages) in self.0.iter().enumerate() {
            if *ages >= left {
                return Some(Duration::from_secs(1 << step));
            }
            left -= ages;
        }
        None
    }
}

/// Those below `1 << step` seconds, and not below half of that.
fn step(age: Duration) -> usize {
    let seconds = age.as_secs();
    ((u64::BITS - seconds.leading_zeros()) as usize).min(STEPS - 1)
}

/// [`Ages`] as they grow.
#[derive(Debug, Default)]
pub(crate) struct AgeCounters([AtomicU64; STEPS]);

impl AgeCounters {
    pub(crate) fn add(&self, age: Duration) {
        self.0[step(age)].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn ages(&self) -> Ages {
        Ages(core::array::from_fn(|step| {
            self.0[step].load(Ordering::Relaxed)
        }))
    }
}
