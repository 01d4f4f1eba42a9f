//! What a shaper decides, as values.

use std::{fmt, time::Duration};

use super::order::Place;
use crate::key::KeyHash;

/// What becomes of a request that comes.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::{key::KeyHash, shape::{Arrival, Policy, Reason, Shaper}};
///
/// let mut shaper = Shaper::new(Policy::new("1/1s".parse()?, 10)?);
/// let arrival = shaper.push(KeyHash::new(1), 5, "too much for a burst of 1", Mono::ZERO);
/// let Arrival::Refused(refused) = arrival else { panic!() };
/// assert_eq!(refused.reason, Reason::Impossible);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival<T> {
    /// It waits for its turn, which may be now: ask [`pop`](super::Shaper::pop).
    Waits {
        /// Its place, to give it up by.
        ticket: Ticket,
        /// Who had to go for it.
        displaced: Option<Refused<T>>,
    },
    /// It has no place.
    Refused(Refused<T>),
}

/// A request that may pass now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed<T> {
    /// The request.
    pub item: T,
    /// Its key.
    pub key: KeyHash,
    /// How long it waited.
    pub waited: Duration,
}

/// A request that may not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused<T> {
    /// The request.
    pub item: T,
    /// Its key.
    pub key: KeyHash,
    /// How long it waited.
    pub waited: Duration,
    /// Why it is refused.
    pub reason: Reason,
}

/// Why a request is refused.
///
/// ```
/// use eaves_ratelimit::shape::Reason;
///
/// assert_eq!(Reason::Deadline.to_string(), "waited as long as it may");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// It waited as long as it may.
    Deadline,
    /// The queue is full, and it would be served last.
    Full,
    /// It costs more than the burst.
    Impossible,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deadline => "waited as long as it may",
            Self::Full => "the queue is full",
            Self::Impossible => "costs more than may ever pass at once",
        })
    }
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(pub(super) Place);
