//! What to serve when the origin cannot be reached or fails (RFC 9111 section 4.2.4, RFC 5861 section 4).

use core::time::Duration;

use eaves_common::time::Now;

use super::{Meta, Policy, Remaining, RequestHead};
use crate::field::RequestDirectives;

/// What to do about a request whose origin failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "the RFC leaves these")]
pub enum OnError {
    /// Serve the stored response stale.
    ServeStale {
        /// Its age, for the Age field.
        age: Duration,
        /// By how much its lifetime is over.
        remaining: Remaining,
    },
    /// A directive forbids it, or its window is over: answer 504, or pass the origin's own error on.
    Forbidden,
}

impl Policy {
    /// Decides whether a stored response may stand in for an origin that failed: it gave no answer, or a 500,
    /// 502, 503 or 504.
    ///
    /// It may for as long as its `stale-if-error` and the request's allow; where neither says anything, for as long as
    /// [`stale_on_error`](Self::stale_on_error) has it.
    pub fn on_error(&self, request: RequestHead<'_>, stored: &Meta, now: Now) -> OnError {
        let (age, remaining) = (stored.age(now), stored.remaining(now));
        let asked = RequestDirectives::parse(request.headers).stale_if_error;
        let windows = stored.stale_if_error.into_iter().chain(asked);
        let window = windows.min().unwrap_or(self.stale_on_error);
        match remaining {
            Remaining::Stale(_) if stored.never_stale => OnError::Forbidden,
            Remaining::Stale(over) if over >= window => OnError::Forbidden,
            // One error does not stand in for another.
            _ if stored.no_cache || Self::is_failure(stored.status) => OnError::Forbidden,
            _ => OnError::ServeStale { age, remaining },
        }
    }

    /// Says whether a status counts as a failure that stale may stand in for (RFC 5861 section 4).
    #[must_use]
    pub fn is_failure(status: http::StatusCode) -> bool {
        matches!(status.as_u16(), 500 | 502 | 503 | 504)
    }
}
