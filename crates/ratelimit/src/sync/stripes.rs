//! [`Stripes`]: numbers that many threads add to, without a cache line that they fight for.

use std::sync::atomic::{AtomicU64, Ordering};

const STRIPES: usize = 64;

/// So many numbers, each in stripes: the first 63 threads have one each, which nobody else writes, so that
/// counting is a plain store; further threads share stripe 0.
#[derive(Debug)]
pub(crate) struct Stripes<const NUMBERS: usize>(Box<[Stripe<NUMBERS>]>);

#[derive(Debug)]
#[repr(align(64))]
struct Stripe<const NUMBERS: usize>([AtomicU64; NUMBERS]);

impl<const NUMBERS: usize> Stripes<NUMBERS> {
    pub(crate) fn new() -> Self {
        let stripe = |_| Stripe([const { AtomicU64::new(0) }; NUMBERS]);
        Self((0..STRIPES).map(stripe).collect())
    }

    /// Counts one more of a number.
    #[inline]
    pub(crate) fn count(&self, number: usize) {
        let stripe = lease::stripe();
        let counter = &self.0[stripe].0[number];
        if stripe == lease::SHARED {
            counter.fetch_add(1, Ordering::Relaxed);
        } else {
            counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
    }

    /// Adds what was counted elsewhere, before anybody counts here.
    pub(crate) fn start_at(&mut self, number: usize, sum: u64) {
        *self.0[lease::SHARED].0[number].get_mut() += sum;
    }

    /// Returns how often a number was counted.
    pub(crate) fn sum(&self, number: usize) -> u64 {
        let of = |stripe: &Stripe<NUMBERS>| stripe.0[number].load(Ordering::Relaxed);
        self.0.iter().map(of).sum()
    }
}

/// Which thread writes to which stripe.
mod lease {
    use std::sync::atomic::{AtomicU64, Ordering};

    /// The stripe of threads that found no other free.
    pub(super) const SHARED: usize = 0;
    /// A bit per stripe that has an owner; the shared one always has.
    static TAKEN: AtomicU64 = AtomicU64::new(1);

    thread_local! {
        static LEASE: Lease = Lease::take();
    }

    struct Lease(usize);

    impl Lease {
        fn take() -> Self {
            let free = |taken: u64| Some(taken | (!taken & taken.wrapping_add(1)));
            let taken = TAKEN.fetch_update(Ordering::Acquire, Ordering::Relaxed, free);
            let lowest = taken.unwrap_or_else(|taken| taken).trailing_ones() as usize;
            Self(if lowest < super::STRIPES {
                lowest
            } else {
                SHARED
            })
        }
    }

    impl Drop for Lease {
        fn drop(&mut self) {
            if self.0 != SHARED {
                TAKEN.fetch_and(!(1 << self.0), Ordering::Release);
            }
        }
    }

    #[inline]
    pub(super) fn stripe() -> usize {
        // While a thread ends its lease may be gone; it then counts with those that have none.
        LEASE.try_with(|lease| lease.0).unwrap_or(SHARED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_more_threads_than_stripes_add_up() {
        let mut stripes = Stripes::<2>::new();
        stripes.start_at(1, 7);
        let barrier = std::sync::Barrier::new(100);
        std::thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| {
                    barrier.wait();
                    (0..1_000).for_each(|_| stripes.count(1));
                    barrier.wait(); // nobody returns a stripe while another counts
                });
            }
        });
        assert_eq!((stripes.sum(0), stripes.sum(1)), (0, 100_007));
    }

    #[test]
    fn a_stripe_is_handed_on_when_its_thread_ends() {
        let stripes = Stripes::<1>::new();
        for _ in 0..200 {
            std::thread::scope(|scope| {
                scope.spawn(|| stripes.count(0));
            });
        }
        assert_eq!(stripes.sum(0), 200);
    }
}
