//! [`SubBuckets`]: a window that slides in steps, its oldest step counted in part.

use std::time::Duration;

use eaves_common::{time::Mono, units::Rate};

use super::span::{Span, wait};
use crate::meter::{Meter, MeterError};

/// A sliding window in ten steps: the default where "at most so many in any minute" is meant.
///
/// On random load its worst true window had 1.06 of the limit. See [`SubBuckets`].
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::meter::{Meter, SlidingWindow};
///
/// let meter = SlidingWindow::new("100/1m".parse()?)?;
/// let mut client = meter.fresh();
/// assert!(meter.check(&mut client, 100, Mono::from_secs(59)).is_allowed());
/// assert!(!meter.check(&mut client, 1, Mono::from_secs(60)).is_allowed());
/// // The 100 came somewhere between seconds 54 and 60: from second 114 on they leave the window.
/// assert_eq!(meter.remaining(&client, Mono::from_secs(117)), 50);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type SlidingWindow = SubBuckets<11>;

/// A sliding window in one step: this window's count and a share of the last one's.
///
/// It takes that the last window's load was even; after a burst at its end it admits too much.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::meter::{Meter, TwoWindow};
///
/// let meter = TwoWindow::new("100/1m".parse()?)?;
/// let mut client = meter.fresh();
/// assert!(meter.check(&mut client, 80, Mono::from_secs(59)).is_allowed());
/// assert_eq!(meter.remaining(&client, Mono::from_secs(75)), 40); // 3/4 of 80 still count
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type TwoWindow = SubBuckets<2>;

/// A limit per period, counted in `N` sub-buckets of which the oldest counts in part.
///
/// The period is divided into `N - 1` steps (rounded up to a nanosecond, so the window is never
/// short). The running step and the `N - 2` before it count in full, and of the one before those
/// the share that is still inside the window, rounded up. `N` must be at least 2.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::meter::{Meter, SubBuckets};
///
/// let meter = SubBuckets::<5>::new("100/1m".parse()?)?; // four steps of 15 s
/// assert!(meter.check(&mut meter.fresh(), 100, Mono::ZERO).is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubBuckets<const N: usize> {
    limit: u32,
    step: u64,
    oldest: Oldest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Oldest {
    Share,
    Whole,
}

/// What a [`SubBuckets`] remembers of a key: in 56 bytes for 11 of them, in 16 for 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlidingState<const N: usize> {
    /// The running step.
    step: u64,
    /// The count of step `s` at `s % N`.
    counts: [u32; N],
}

impl<const N: usize> SubBuckets<N> {
    /// Makes a meter of a rate's count and period.
    ///
    /// # Errors
    /// [`MeterError`] if the rate has a burst of its own, its count is above `u32::MAX`, or its
    /// period is shorter than 1 us or longer than 500 years.
    pub fn new(rate: Rate) -> Result<Self, MeterError> {
        Self::of(rate, Oldest::Share)
    }

    /// Makes a meter that never admits more than the count in any period, whoever sends.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn strict(rate: Rate) -> Result<Self, MeterError> {
        Self::of(rate, Oldest::Whole)
    }

    fn of(rate: Rate, oldest: Oldest) -> Result<Self, MeterError> {
        const { assert!(N >= 2, "one bucket does not slide") };
        let span = Span::of(rate, u32::MAX)?;
        Ok(Self {
            limit: span.limit,
            step: span.nanos.div_ceil(N as u64 - 1),
            oldest,
        })
    }

    /// Returns the state as it stands at `now`, and how far the running step has come.
    #[inline]
    fn at(&self, state: &SlidingState<N>, now: Mono) -> (SlidingState<N>, u64) {
        let step = now.as_nanos() / self.step;
        if step < state.step {
            return (*state, 0);
        }
        let elapsed = now.as_nanos() % self.step;
        (state.advanced(step), elapsed)
    }

    /// Returns the time from which at most `room` units are used, if nothing else comes.
    fn time_of(&self, state: &SlidingState<N>, room: u64) -> u64 {
        for ahead in 0..N as u64 {
            let then = state.advanced(state.step + ahead);
            let Some(part) = room.checked_sub(then.whole()) else {
                continue;
            };
            let start = then.step.saturating_mul(self.step);
            let oldest = u64::from(then.oldest());
            if oldest <= part {
                return start;
            }
            if self.oldest == Oldest::Whole {
                continue;
            }
            // The first moment at which ceil(oldest * left / step) <= part.
            let left = u128::from(part) * u128::from(self.step) / u128::from(oldest);
            return start.saturating_add(self.step - left as u64); // less than a step
        }
        (state.step + N as u64).saturating_mul(self.step)
    }
}

impl<const N: usize> SlidingState<N> {
    #[inline]
    fn advanced(&self, step: u64) -> Self {
        let mut counts = self.counts;
        for gone in 0..(step - self.step).min(N as u64) {
            counts[((step - gone) % N as u64) as usize] = 0;
        }
        Self { step, counts }
    }

    /// Returns the sum of the steps that count in full.
    #[inline]
    fn whole(&self) -> u64 {
        let all: u64 = self.counts.iter().copied().map(u64::from).sum();
        all - u64::from(self.oldest())
    }

    #[inline]
    const fn oldest(&self) -> u32 {
        self.counts[((self.step + 1) % N as u64) as usize]
    }
}

impl<const N: usize> Default for SlidingState<N> {
    fn default() -> Self {
        Self {
            step: 0,
            counts: [0; N],
        }
    }
}

impl<const N: usize> Meter for SubBuckets<N> {
    type State = SlidingState<N>;
    type Time = Mono;

    fn fresh(&self) -> SlidingState<N> {
        SlidingState::default()
    }

    fn limit(&self) -> u64 {
        self.limit.into()
    }

    #[inline]
    fn used(&self, state: &SlidingState<N>, now: Mono) -> u64 {
        let (state, elapsed) = self.at(state, now);
        let left = match self.oldest {
            Oldest::Share => u128::from(self.step - elapsed),
            Oldest::Whole => u128::from(self.step),
        };
        let part = (u128::from(state.oldest()) * left).div_ceil(u128::from(self.step));
        state.whole() + part as u64 // at most the oldest count
    }

    #[inline]
    fn retry_after(&self, state: &SlidingState<N>, cost: u64, now: Mono) -> Option<Duration> {
        let room = self.limit().checked_sub(cost)?;
        if self.used(state, now) <= room {
            return Some(Duration::ZERO);
        }
        let (state, _) = self.at(state, now);
        let time = self.time_of(&state, room);
        Some(wait(time, now))
    }

    #[inline]
    fn charge(&self, state: &mut SlidingState<N>, cost: u64, now: Mono) {
        *state = self.at(state, now).0;
        let count = &mut state.counts[(state.step % N as u64) as usize];
        *count = count.saturating_add(u32::try_from(cost).unwrap_or(u32::MAX));
    }

    /// Takes the units from the running step, and what is missing there from those before it.
    fn refund(&self, state: &mut SlidingState<N>, cost: u64, now: Mono) {
        *state = self.at(state, now).0;
        let mut left = cost;
        for back in 0..(N as u64).min(state.step + 1) {
            let count = &mut state.counts[((state.step - back) % N as u64) as usize];
            let given = left.min(u64::from(*count));
            *count -= given as u32; // at most the count
            left -= given;
        }
    }
}
