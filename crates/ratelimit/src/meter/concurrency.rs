//! [`Concurrency`]: how many requests of a key may be under way at once.

use std::num::NonZeroU32;

/// Limits how many requests of a key are under way at once.
///
/// Who acquired must release, also when the request fails: keep the release in a guard's `Drop`.
///
/// ```
/// use std::num::NonZeroU32;
/// use eaves_ratelimit::meter::{Concurrency, ConcurrencyState};
///
/// let meter = Concurrency::new(NonZeroU32::new(2).unwrap());
/// let mut client = ConcurrencyState::default();
/// assert!(meter.acquire(&mut client) && meter.acquire(&mut client));
/// assert!(!meter.acquire(&mut client));
/// meter.release(&mut client);
/// assert_eq!(meter.remaining(&client), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    limit: NonZeroU32,
}

/// What a [`Concurrency`] remembers of a key, in 4 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConcurrencyState {
    under_way: u32,
}

impl Concurrency {
    /// Makes a meter.
    #[must_use]
    pub const fn new(limit: NonZeroU32) -> Self {
        Self { limit }
    }

    /// Returns how many may be under way at once.
    #[must_use]
    pub const fn limit(&self) -> NonZeroU32 {
        self.limit
    }

    /// Counts one more if it fits, and says whether it did.
    #[inline]
    #[must_use]
    pub const fn acquire(&self, state: &mut ConcurrencyState) -> bool {
        let fits = state.under_way < self.limit.get();
        if fits {
            state.under_way += 1;
        }
        fits
    }

    /// Counts one less. A release too many, as of a key that was forgotten meanwhile, does nothing.
    #[inline]
    pub const fn release(&self, state: &mut ConcurrencyState) {
        state.under_way = state.under_way.saturating_sub(1);
    }

    /// Returns how many more fit now; none if a lower limit came while more were under way.
    #[must_use]
    pub const fn remaining(&self, state: &ConcurrencyState) -> u32 {
        self.limit.get().saturating_sub(state.under_way)
    }
}

impl ConcurrencyState {
    /// Says whether nothing is under way, so that the state need not be kept.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.under_way == 0
    }
}
