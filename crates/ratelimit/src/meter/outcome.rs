//! [`Meter`]: a limit as a state machine over a value per key; [`Outcome`]: what it decides.

use std::time::Duration;

/// A limit, and how it reads and changes what is remembered of a key.
///
/// It holds no keys and no clock: states are kept by the caller, and `now` comes in. A clock that
/// goes back counts as standing still.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::meter::{Meter, Outcome, SlidingWindow};
///
/// let meter = SlidingWindow::new("2/1s".parse()?)?;
/// let mut client = meter.fresh();
/// let now = Mono::from_secs(7);
/// assert_eq!(meter.check(&mut client, 2, now), Outcome::Allowed);
/// let Outcome::Denied { retry_after } = meter.check(&mut client, 1, now) else { panic!() };
/// assert!(meter.check(&mut client, 1, now + retry_after).is_allowed());
/// assert_eq!(meter.check(&mut client, 3, now), Outcome::Impossible);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Meter {
    /// What is remembered of a key.
    type State: Clone;
    /// The kind of time that it goes by.
    type Time: Copy;

    /// Returns the state of a key that has never come.
    fn fresh(&self) -> Self::State;

    /// Returns how many units fit at once when nothing is used.
    fn limit(&self) -> u64;

    /// Returns how much of the limit is used, rounded up; more than the limit after a
    /// [`charge`](Self::charge).
    fn used(&self, state: &Self::State, now: Self::Time) -> u64;

    /// Returns when `cost` units fit if nothing else comes: zero if they do now, `None` if they are
    /// more than the limit.
    fn retry_after(&self, state: &Self::State, cost: u64, now: Self::Time) -> Option<Duration>;

    /// Counts units without asking: what a request turned out to cost.
    fn charge(&self, state: &mut Self::State, cost: u64, now: Self::Time);

    /// Gives back units of a request that was counted and then not served.
    fn refund(&self, state: &mut Self::State, cost: u64, now: Self::Time);

    /// Decides about a request and counts it if it fits; a denial leaves the state as it is.
    #[inline]
    fn check(&self, state: &mut Self::State, cost: u64, now: Self::Time) -> Outcome {
        let outcome = self.peek(state, cost, now);
        if outcome.is_allowed() {
            self.charge(state, cost, now);
        }
        outcome
    }

    /// Decides about a request without counting it.
    #[inline]
    fn peek(&self, state: &Self::State, cost: u64, now: Self::Time) -> Outcome {
        match self.retry_after(state, cost, now) {
            None => Outcome::Impossible,
            Some(Duration::ZERO) => Outcome::Allowed,
            Some(retry_after) => Outcome::Denied { retry_after },
        }
    }

    /// Returns how many units fit now.
    fn remaining(&self, state: &Self::State, now: Self::Time) -> u64 {
        self.limit().saturating_sub(self.used(state, now))
    }

    /// Returns when one more unit than now fits, `None` if all of the limit does.
    fn more_after(&self, state: &Self::State, now: Self::Time) -> Option<Duration> {
        self.retry_after(state, self.remaining(state, now) + 1, now)
    }

    /// Returns when all of the limit fits.
    fn reset_after(&self, state: &Self::State, now: Self::Time) -> Duration {
        self.retry_after(state, self.limit(), now)
            .unwrap_or_default()
    }
}

/// What a [`Meter`] decides about a request.
///
/// ```
/// use std::time::Duration;
/// use eaves_ratelimit::meter::Outcome;
///
/// let denied = Outcome::Denied { retry_after: Duration::from_millis(300) };
/// assert!(!denied.is_allowed());
/// assert_eq!(denied.retry_after(), Some(Duration::from_millis(300)));
/// ```
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It fits, and is counted.
    Allowed,
    /// It does not fit now.
    Denied {
        /// When it does if nothing else comes; never zero.
        retry_after: Duration,
    },
    /// It will never fit, since its cost is above the limit itself.
    Impossible,
}

impl Outcome {
    /// Says whether the request fits.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Allowed)
    }

    /// Returns when a denied request fits; `None` if it is allowed, and if it never does.
    #[must_use]
    pub const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Denied { retry_after } => Some(retry_after),
            Self::Allowed | Self::Impossible => None,
        }
    }
}
