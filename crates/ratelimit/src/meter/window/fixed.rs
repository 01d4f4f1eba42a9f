//! [`FixedWindow`]: a count that starts afresh with every period.

use std::time::Duration;

use eaves_common::{time::Mono, units::Rate};

use super::span::{Span, wait};
use crate::meter::{Meter, MeterError};

/// A limit per period, in windows that begin at whole multiples of it.
///
/// The simplest to explain to those who are limited, and the weakest: whoever sends at the end of
/// one window and at the start of the next gets twice the limit within a moment.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::meter::{FixedWindow, Meter};
///
/// let meter = FixedWindow::new("100/1m".parse()?)?;
/// let mut client = meter.fresh();
/// assert!(meter.check(&mut client, 100, Mono::from_secs(59)).is_allowed());
/// assert!(!meter.check(&mut client, 1, Mono::from_secs(59)).is_allowed());
/// assert!(meter.check(&mut client, 100, Mono::from_secs(60)).is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedWindow(Span);

/// What a [`FixedWindow`] remembers of a key, in 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FixedState {
    window: u64,
    count: u64,
}

impl FixedWindow {
    /// Makes a meter of a rate's count and period.
    ///
    /// # Errors
    /// [`MeterError`] if the rate has a burst of its own, its count is above `u32::MAX`, or its
    /// period is shorter than 1 us or longer than 500 years.
    pub fn new(rate: Rate) -> Result<Self, MeterError> {
        Span::of(rate, u32::MAX).map(Self)
    }

    /// Returns the state as it stands at `now`.
    #[inline]
    const fn at(&self, state: &FixedState, now: Mono) -> FixedState {
        let window = now.as_nanos() / self.0.nanos;
        if window > state.window {
            return FixedState { window, count: 0 };
        }
        *state
    }
}

impl Meter for FixedWindow {
    type State = FixedState;
    type Time = Mono;

    fn fresh(&self) -> FixedState {
        FixedState::default()
    }

    fn limit(&self) -> u64 {
        self.0.limit.into()
    }

    fn used(&self, state: &FixedState, now: Mono) -> u64 {
        self.at(state, now).count
    }

    #[inline]
    fn retry_after(&self, state: &FixedState, cost: u64, now: Mono) -> Option<Duration> {
        let room = self.limit().checked_sub(cost)?;
        let state = self.at(state, now);
        if state.count <= room {
            return Some(Duration::ZERO);
        }
        let next = (state.window + 1).saturating_mul(self.0.nanos);
        Some(wait(next, now))
    }

    #[inline]
    fn charge(&self, state: &mut FixedState, cost: u64, now: Mono) {
        *state = self.at(state, now);
        state.count = state.count.saturating_add(cost);
    }

    fn refund(&self, state: &mut FixedState, cost: u64, now: Mono) {
        *state = self.at(state, now);
        state.count = state.count.saturating_sub(cost);
    }
}
