//! [`Budget`]: retries as a share of requests.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use eaves_common::time::Mono;

/// Retries as a share of requests, so that an outage is not multiplied: every request pays in a
/// share, every retry takes one out; a few each second are free, for services with little
/// traffic. What is saved up is bounded.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_health::retry::Budget;
///
/// let budget = Budget::new(0.2, 0);
/// let now = Mono::from_secs(1);
/// (0..10).for_each(|_| budget.deposit());
/// assert!(budget.withdraw(now) && budget.withdraw(now));
/// assert!(!budget.withdraw(now));
/// ```
#[derive(Debug)]
pub struct Budget {
    /// In thousandths of a retry.
    share: u64,
    free_per_second: u64,
    saved: AtomicU64,
    /// Free ones taken in the current second, below the second itself.
    free: AtomicU64,
}

const UNIT: u64 = 1000;
/// Retries that can be saved up.
const DEPTH: u64 = 100;
const COUNT_BITS: u32 = 24;

impl Budget {
    /// Allows `share` of the requests to be retried (0.2 for a fifth; at most all), and so many each second beside.
    #[must_use]
    pub fn new(share: f64, free_per_second: u32) -> Self {
        Self {
            share: (share.clamp(0.0, 1.0) * UNIT as f64) as u64,
            free_per_second: u64::from(free_per_second).min((1 << COUNT_BITS) - 1),
            saved: AtomicU64::new(0),
            free: AtomicU64::new(0),
        }
    }

    /// Pays in for a request that is sent for the first time.
    pub fn deposit(&self) {
        let paid = |saved: u64| Some((saved + self.share).min(DEPTH * UNIT));
        let _ = self.saved.fetch_update(Relaxed, Relaxed, paid);
    }

    /// Takes out for a retry or a hedge; `false` means that it must not be sent.
    #[must_use]
    pub fn withdraw(&self, now: Mono) -> bool {
        let taken = |saved: u64| saved.checked_sub(UNIT);
        self.saved.fetch_update(Relaxed, Relaxed, taken).is_ok() || self.take_free(now)
    }

    fn take_free(&self, now: Mono) -> bool {
        let second = now.as_secs() << COUNT_BITS;
        let taken = |state: u64| {
            let count = if state & !((1 << COUNT_BITS) - 1) == second {
                state & ((1 << COUNT_BITS) - 1)
            } else {
                0
            };
            (count < self.free_per_second).then_some(second | (count + 1))
        };
        self.free.fetch_update(Relaxed, Relaxed, taken).is_ok()
    }
}

impl Default for Budget {
    /// Allows a fifth of the requests, and 10 retries a second beside.
    fn default() -> Self {
        Self::new(0.2, 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_stay_a_share_of_requests() {
        let budget = Budget::new(0.2, 0);
        let now = Mono::from_secs(1);
        let mut retries = 0;
        for _ in 0..10_000 {
            budget.deposit();
            retries += u32::from(budget.withdraw(now));
        }
        assert_eq!(retries, 2_000);
    }

    #[test]
    fn a_few_each_second_are_free() {
        let budget = Budget::new(0.0, 3);
        for second in 1..4 {
            let now = Mono::from_secs(second);
            let granted = (0..10).filter(|_| budget.withdraw(now)).count();
            assert_eq!(granted, 3);
        }
    }

    #[test]
    fn savings_are_bounded() {
        let budget = Budget::new(1.0, 0);
        (0..100_000).for_each(|_| budget.deposit());
        let granted = (0..100_000).filter(|_| budget.withdraw(Mono::ZERO)).count();
        assert_eq!(granted as u64, DEPTH);
    }
}
