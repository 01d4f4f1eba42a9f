//! [`Permit`]: a request under way, which tells the limiter how it ended.

use std::fmt;

use eaves_common::time::Mono;

use super::{Limiter, round::Sample};

/// What a limiter says to a request.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::adaptive::{Aimd, Bounds, Limiter};
///
/// let limiter = Limiter::new(Aimd::default(), Bounds { initial: 1, ..Bounds::default() });
/// let permit = limiter.try_acquire(Mono::ZERO).permit();
/// assert!(permit.is_some() && limiter.try_acquire(Mono::ZERO).permit().is_none());
/// ```
#[must_use]
#[derive(Debug)]
pub enum Admission {
    /// It may go on.
    Admitted(Permit),
    /// It may not.
    Full(Full),
}

impl Admission {
    /// Returns the permit if there is one.
    #[must_use]
    pub fn permit(self) -> Option<Permit> {
        match self {
            Self::Admitted(permit) => Some(permit),
            Self::Full(_) => None,
        }
    }
}

/// Why a request was not admitted.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::adaptive::{Admission, Aimd, Bounds, Limiter};
///
/// let limiter = Limiter::new(Aimd::default(), Bounds { initial: 1, ..Bounds::default() });
/// let _held = limiter.try_acquire(Mono::ZERO).permit();
/// let Admission::Full(full) = limiter.try_acquire(Mono::ZERO) else { panic!() };
/// assert_eq!(full.to_string(), "1 requests are under way, the limit is 1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// The limit at that moment.
    pub limit: u32,
    /// How many were under way.
    pub inflight: u32,
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, inflight } = self;
        write!(f, "{inflight} requests are under way, the limit is {limit}")
    }
}

/// A request under way. Dropping it without an outcome ends the request and teaches nothing.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::adaptive::{Bounds, Limiter, Vegas};
///
/// let limiter = Limiter::new(Vegas::default(), Bounds::default());
/// let now = Mono::ZERO;
/// let permit = limiter.try_acquire(now).permit().unwrap();
/// // ... the service answered 503 ...
/// permit.dropped(now + Duration::from_millis(3));
/// assert_eq!(limiter.inflight(), 0);
/// ```
#[must_use = "dropping a permit ends the request"]
#[derive(Debug)]
pub struct Permit {
    limiter: Limiter,
    began: Mono,
    inflight: u32,
}

impl Permit {
    pub(super) const fn new(limiter: Limiter, began: Mono, inflight: u32) -> Self {
        Self {
            limiter,
            began,
            inflight,
        }
    }

    /// Ends a request that was served.
    pub fn succeeded(self, now: Mono) {
        self.learn(Some(now - self.began), now);
    }

    /// Ends a request that the service was too busy for: refused, timed out, reset.
    pub fn dropped(self, now: Mono) {
        self.learn(None, now);
    }

    /// Ends a request that tells nothing of the service: a bad request, a client that went away.
    pub fn ignored(self) {}

    /// Returns when the request began.
    #[must_use]
    pub const fn began(&self) -> Mono {
        self.began
    }

    fn learn(&self, latency: Option<std::time::Duration>, now: Mono) {
        let sample = Sample {
            began: self.began,
            inflight: self.inflight,
            latency,
        };
        self.limiter.learn(sample, now);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.limiter.release();
    }
}
