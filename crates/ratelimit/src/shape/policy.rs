//! [`Policy`]: how fast, how many may wait, how long.

use std::time::Duration;

use eaves_common::{Error, ErrorKind, units::Rate};

/// How fast requests may pass, how many may wait, and how long each.
///
/// ```
/// use std::time::Duration;
/// use eaves_ratelimit::shape::Policy;
///
/// let policy = Policy::new("100/1s burst 10".parse()?, 1_000)?.longest(Duration::from_secs(5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(super) rate: Rate,
    pub(super) capacity: usize,
    pub(super) longest: Duration,
}

impl Policy {
    /// Makes a policy of a rate and of how many may wait; nobody waits longer than ten seconds.
    ///
    /// # Errors
    /// [`PolicyError`] unless the capacity is 1 to 1,048,576.
    pub fn new(rate: Rate, capacity: usize) -> Result<Self, PolicyError> {
        if !(1..=MOST_WAITING).contains(&capacity) {
            return Err(PolicyError::Capacity { found: capacity });
        }
        Ok(Self {
            rate,
            capacity,
            longest: Duration::from_secs(10),
        })
    }

    /// Sets how long a request may wait; then it is refused.
    #[must_use]
    pub const fn longest(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }
}

/// A policy that cannot be.
///
/// ```
/// use eaves_ratelimit::shape::Policy;
///
/// let error = Policy::new("1/1s".parse().unwrap(), 0).unwrap_err();
/// assert_eq!(error.to_string(), "a queue of 0 requests is out of range, use 1 to 1048576");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// So many cannot wait.
    #[error("a queue of {found} requests is out of range, use 1 to {MOST_WAITING}")]
    Capacity {
        /// What was asked for.
        found: usize,
    },
}

impl From<PolicyError> for Error {
    fn from(error: PolicyError) -> Self {
        Self::with_source(ErrorKind::Invalid, "building a shaper", error)
    }
}

const MOST_WAITING: usize = 1 << 20;
