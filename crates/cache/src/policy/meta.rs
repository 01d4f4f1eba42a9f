//! [`Meta`]: the numbers of a stored response that decisions need.

use core::time::Duration;

use eaves_common::time::{Now, Wall};
use http::StatusCode;

use super::Basis;

/// What is kept of a response beside its fields and body.
///
/// [`Policy::storage`](super::Policy::storage) makes it once, so that a hit computes a sum and compares it.
///
/// ```
/// use core::time::Duration;
/// use eaves_cache::policy::{Policy, ResponseHead, RequestHead, Storage, Times};
/// use eaves_common::time::{Mono, Now};
/// use http::{Request, Response, header::CACHE_CONTROL};
///
/// let (request, response) = (
///     Request::get("http://a.example/").body(()).unwrap(),
///     Response::builder().header(CACHE_CONTROL, "max-age=60").body(()).unwrap(),
/// );
/// let times = Times::at(Now::default());
/// let Storage::Store(meta) = Policy::default().storage((&request).into(), (&response).into(), times) else {
///     panic!("it may be stored");
/// };
/// let later = Now { mono: Mono::from_secs(45), ..Now::default() };
/// assert_eq!(meta.age(later), Duration::from_secs(45));
/// assert_eq!(meta.remaining(later).as_secs(), 15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Meta {
    /// The status.
    pub status: StatusCode,
    /// When the response arrived, or was validated last.
    pub received: Now,
    /// How old it was then (RFC 9111 section 4.2.3).
    pub initial_age: Duration,
    /// How old it may become before it is stale.
    pub lifetime: Duration,
    /// What the lifetime rests on.
    pub basis: Basis,
    /// Its Date, or when it arrived.
    pub date: Wall,
    /// Its Last-Modified.
    pub last_modified: Option<Wall>,
    /// `immutable` (RFC 8246): while it is fresh it does not change.
    pub immutable: bool,
    /// `no-cache`: validate before each use.
    pub no_cache: bool,
    /// A directive forbids serving it stale (RFC 9111 section 4.2.4).
    pub never_stale: bool,
    /// How long past its lifetime it may be served while it is validated (RFC 5861 section 3).
    pub stale_while_revalidate: Duration,
    /// How long past its lifetime it may be served when the origin fails (RFC 5861 section 4), if it says so.
    pub stale_if_error: Option<Duration>,
    /// The epoch of purges at which it was asked for; 0 where nobody purges.
    pub asked: u64,
}

impl Meta {
    /// Returns the current age (RFC 9111 section 4.2.3).
    #[must_use]
    pub fn age(&self, now: Now) -> Duration {
        self.initial_age
            .saturating_add(now.mono - self.received.mono)
    }

    /// Returns how much of its lifetime is left, or by how much it is over.
    #[must_use]
    pub fn remaining(&self, now: Now) -> Remaining {
        let age = self.age(now);
        match self.lifetime.checked_sub(age) {
            Some(left) if !left.is_zero() => Remaining::Fresh(left),
            _ => Remaining::Stale(age - self.lifetime),
        }
    }
}

/// The distance to the end of a lifetime.
///
/// ```
/// use core::time::Duration;
/// use eaves_cache::policy::Remaining;
///
/// assert_eq!(Remaining::Stale(Duration::from_secs(3)).as_secs(), -3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it is before the end or not")]
pub enum Remaining {
    /// So much is left.
    Fresh(Duration),
    /// It ended so long ago.
    Stale(Duration),
}

impl Remaining {
    /// Returns the seconds left, negative when stale: the `ttl` of RFC 9211 section 2.3. What is left is rounded up,
    /// as an age is rounded down.
    #[must_use]
    pub fn as_secs(self) -> i64 {
        let whole = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        match self {
            Self::Fresh(left) => whole(left.saturating_add(Duration::from_nanos(999_999_999))),
            Self::Stale(over) => -whole(over),
        }
    }

    /// Says whether any of the lifetime is left.
    #[must_use]
    pub const fn is_fresh(self) -> bool {
        matches!(self, Self::Fresh(_))
    }
}
