//! [`Concurrency`]: how many requests of a key may be under way at once.

use std::{num::NonZeroU32, time::Duration};

use eaves_common::time::Mono;

use super::Meter;

/// Limits how many requests of a key are under way at once.
///
/// Who acquired must release, also when the request fails: keep the release in a guard's `Drop`.
///
/// As a [`Meter`], as which a [`Keyed`](super::Keyed) takes it, a check acquires and a refund
/// releases. When another request will end nobody knows; what is denied is told to come back
/// after a [`pause`](Self::pause).
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
    pause: Duration,
}

/// What a [`Concurrency`] remembers of a key, in 4 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConcurrencyState {
    under_way: u32,
}

impl Concurrency {
    /// What a denied request is told as a meter, if nothing else is said.
    pub const RETRY_AFTER: Duration = Duration::from_secs(1);

    /// Makes a meter.
    #[must_use]
    pub const fn new(limit: NonZeroU32) -> Self {
        Self {
            limit,
            pause: Self::RETRY_AFTER,
        }
    }

    /// Tells denied requests to come back after this, at least a nanosecond.
    #[must_use]
    pub const fn pause(self, pause: Duration) -> Self {
        let pause = if pause.is_zero() {
            Duration::from_nanos(1)
        } else {
            pause
        };
        Self { pause, ..self }
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

impl Meter for Concurrency {
    type State = ConcurrencyState;
    type Time = Mono;

    fn fresh(&self) -> ConcurrencyState {
        ConcurrencyState::default()
    }

    fn limit(&self) -> u64 {
        self.limit.get().into()
    }

    fn used(&self, state: &ConcurrencyState, _now: Mono) -> u64 {
        state.under_way.into()
    }

    fn retry_after(&self, state: &ConcurrencyState, cost: u64, _now: Mono) -> Option<Duration> {
        let room = Meter::limit(self).checked_sub(cost)?;
        let fits = u64::from(state.under_way) <= room;
        Some(if fits { Duration::ZERO } else { self.pause })
    }

    fn charge(&self, state: &mut ConcurrencyState, cost: u64, _now: Mono) {
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        state.under_way = state.under_way.saturating_add(cost);
    }

    fn refund(&self, state: &mut ConcurrencyState, cost: u64, _now: Mono) {
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        state.under_way = state.under_way.saturating_sub(cost);
    }
}

impl ConcurrencyState {
    /// Says whether nothing is under way, so that the state need not be kept.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.under_way == 0
    }
}
