//! [`BalanceConfig`]: limits of one request.

use std::time::Duration;

/// Limits of one request, and how the inner service is told where to send it.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::tower::{BalanceConfig, Place};
///
/// let config = BalanceConfig::default()
///     .attempt_timeout(Duration::from_secs(2))
///     .deadline(Duration::from_secs(5))
///     .place(Place::Extension);
/// # let _ = config;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceConfig {
    pub(super) max_replay: u64,
    pub(super) attempt_timeout: Duration,
    pub(super) deadline: Option<Duration>,
    pub(super) place: Place,
}

/// How the inner service is told where to send a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Place {
    /// The URI's authority is the origin's address; the one that was asked for moves to `Host`. The version is HTTP/1.1,
    /// whatever the client spoke (RFC 9110 section 2.5); a client that speaks HTTP/2 to origins does so all the same.
    #[default]
    Authority,
    /// The URI stays, and the inner service looks for [`Picked`](super::Picked).
    Extension,
}

impl BalanceConfig {
    /// Sets how long a body may be that is kept for another attempt; 64 KiB by default.
    #[must_use]
    pub const fn max_replay(mut self, bytes: u64) -> Self {
        self.max_replay = bytes;
        self
    }

    /// Sets how long an attempt may take up to the head of its answer, counted anew from each piece of a body that is
    /// streamed; 30 seconds by default.
    #[must_use]
    pub const fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets after which time no other attempt begins; without it, only retries are counted.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets how the inner service is told where to send a request.
    #[must_use]
    pub const fn place(mut self, place: Place) -> Self {
        self.place = place;
        self
    }
}

impl Default for BalanceConfig {
    fn default() -> Self {
        Self {
            max_replay: 64 * 1024,
            attempt_timeout: Duration::from_secs(30),
            deadline: None,
            place: Place::Authority,
        }
    }
}
