//! [`Gauge`]: a number of bytes that never passes a limit, and the charges it is made of.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// How much of something is in use.
#[derive(Debug)]
pub(super) struct Gauge {
    used: AtomicU64,
    limit: u64,
}

impl Gauge {
    pub(super) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicU64::new(0),
            limit,
        })
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    pub(super) const fn limit(&self) -> u64 {
        self.limit
    }

    /// A charge that grows later.
    pub(super) fn charge(self: &Arc<Self>) -> Charge {
        Charge {
            gauge: self.clone(),
            bytes: 0,
        }
    }

    fn take(&self, bytes: u64) -> bool {
        let fits = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .is_ok()
    }
}

/// A part of what is in use; dropped, it is free again.
#[derive(Debug)]
pub(super) struct Charge {
    gauge: Arc<Gauge>,
    bytes: u64,
}

impl Charge {
    /// Adds bytes, if the limit allows.
    pub(super) fn grow(&mut self, bytes: u64) -> bool {
        let taken = self.gauge.take(bytes);
        if taken {
            self.bytes += bytes;
        }
        taken
    }

    /// Adds bytes whatever the limit says, for what is bounded otherwise.
    pub(super) fn grow_past_limit(&mut self, bytes: u64) {
        self.gauge.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
    }

    /// Takes everything out, into a charge of its own.
    #[must_use]
    pub(super) fn split(&mut self) -> Self {
        let empty = self.gauge.charge();
        core::mem::replace(self, empty)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.gauge.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_never_pass_the_limit_and_are_given_back() {
        let gauge = Gauge::new(100);
        let mut charge = gauge.charge();
        assert!(charge.grow(60) && !charge.grow(41) && charge.grow(40));
        assert!(!charge.grow(u64::MAX));
        let other = charge.split();
        assert_eq!((charge.bytes, other.bytes, gauge.used()), (0, 100, 100));
        drop(other);
        assert_eq!(gauge.used(), 0);
        charge.grow_past_limit(150);
        assert_eq!(gauge.used(), 150);
    }
}
