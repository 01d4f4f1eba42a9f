//! [`Counters`]: what a rule has decided, counted without a cache line that threads fight for.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often a rule allowed and denied, since it was built.
///
/// ```
/// use eaves_ratelimit::{Counts, Limiter, Rule, key::{Facts, KeyHasher}, table::Capacity};
/// use eaves_common::time::Mono;
///
/// let rule = Rule::new("all", "1/1s".parse()?, Capacity::new(8)?)?;
/// let limiter = Limiter::new([rule], KeyHasher::random())?;
/// for _ in 0..3 {
///     let _ = limiter.check(&Facts::default(), Mono::ZERO);
/// }
/// let rule = limiter.counts().next().unwrap();
/// assert_eq!((rule.counts.allowed, rule.counts.denied), (1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Requests that fitted under the rule and were let through.
    pub allowed: u64,
    /// Requests that the rule denied.
    pub denied: u64,
    /// Requests that the rule would have denied, had it not been a shadow.
    pub shadow_denied: u64,
    /// Requests that lacked a part of the rule's key, and were denied or shared one for it.
    pub missing: u64,
}

/// One of the numbers in [`Counts`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    Allowed,
    Denied,
    ShadowDenied,
    Missing,
}

const STRIPES: usize = 64;
const EVENTS: usize = 4;

/// Counters in stripes: the first 63 threads have one each, which nobody else writes, so that
/// counting is a plain store; further threads share stripe 0.
#[derive(Debug)]
pub(super) struct Counters(Box<[Stripe]>);

#[derive(Debug, Default)]
#[repr(align(64))]
struct Stripe([AtomicU64; EVENTS]);

impl Counters {
    pub(super) fn new() -> Self {
        Self((0..STRIPES).map(|_| Stripe::default()).collect())
    }

    #[inline]
    pub(super) fn count(&self, event: Event) {
        let stripe = lease::stripe();
        let counter = &self.0[stripe].0[event as usize];
        if stripe == lease::SHARED {
            counter.fetch_add(1, Ordering::Relaxed);
        } else {
            counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
    }

    pub(super) fn sum(&self) -> Counts {
        let of = |event: Event| {
            self.0
                .iter()
                .map(|stripe| stripe.0[event as usize].load(Ordering::Relaxed))
                .sum()
        };
        Counts {
            allowed: of(Event::Allowed),
            denied: of(Event::Denied),
            shadow_denied: of(Event::ShadowDenied),
            missing: of(Event::Missing),
        }
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
        let counters = Counters::new();
        let barrier = std::sync::Barrier::new(100);
        std::thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| {
                    barrier.wait();
                    (0..1_000).for_each(|_| counters.count(Event::Denied));
                    barrier.wait(); // nobody returns a stripe while another counts
                });
            }
        });
        assert_eq!(counters.sum().denied, 100_000);
    }

    #[test]
    fn a_stripe_is_handed_on_when_its_thread_ends() {
        let counters = Counters::new();
        for _ in 0..200 {
            std::thread::scope(|scope| {
                scope.spawn(|| counters.count(Event::Allowed));
            });
        }
        assert_eq!(counters.sum().allowed, 200);
    }
}
