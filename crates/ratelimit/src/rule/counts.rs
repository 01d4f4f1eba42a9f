//! [`Counters`]: what a rule has decided, counted without a cache line that threads fight for.

use crate::sync::Stripes;

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

const EVENTS: usize = 4;

/// What a rule has decided, summed up.
#[derive(Debug)]
pub(super) struct Counters(Stripes<EVENTS>);

impl Counters {
    pub(super) fn new() -> Self {
        Self(Stripes::new())
    }

    #[inline]
    pub(super) fn count(&self, event: Event) {
        self.0.count(event as usize);
    }

    pub(super) fn sum(&self) -> Counts {
        let of = |event: Event| self.0.sum(event as usize);
        Counts {
            allowed: of(Event::Allowed),
            denied: of(Event::Denied),
            shadow_denied: of(Event::ShadowDenied),
            missing: of(Event::Missing),
        }
    }
}
