//! What a queue decides, as values: [`Arrival`], [`Turn`], and a [`Reason`] for every request shed.

use std::{fmt, time::Duration};

use super::Class;

/// What becomes of a request that comes.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::shed::{Arrival, Class, Policy, Reason, ShedQueue};
///
/// let mut queue = ShedQueue::new(Policy::new(1, [Duration::from_secs(1); 2])?);
/// let _ = queue.push("crawler", Class::new(1), Mono::ZERO);
/// let Arrival::Waits { displaced, .. } = queue.push("payment", Class::new(0), Mono::ZERO) else { panic!() };
/// let displaced = displaced.unwrap();
/// assert_eq!((displaced.item, displaced.reason), ("crawler", Reason::Displaced));
/// # Ok::<(), eaves_ratelimit::shed::PolicyError>(())
/// ```
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival<T> {
    /// It waits.
    Waits {
        /// Its place, to give it up by.
        ticket: Ticket,
        /// Who had to go for it.
        displaced: Option<Shed<T>>,
    },
    /// There is no room for it.
    Shed(Shed<T>),
}

/// What to do with a request that waited.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn<T> {
    /// It is served now.
    Serve(Served<T>),
    /// It is refused; ask for the next one.
    Shed(Shed<T>),
}

/// A request whose turn has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served<T> {
    /// The request.
    pub item: T,
    /// Its class.
    pub class: Class,
    /// How long it waited.
    pub waited: Duration,
}

/// A request that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shed<T> {
    /// The request.
    pub item: T,
    /// Its class.
    pub class: Class,
    /// How long it waited.
    pub waited: Duration,
    /// Why it is refused.
    pub reason: Reason,
}

/// Why a request is refused.
///
/// ```
/// use eaves_ratelimit::shed::Reason;
///
/// assert_eq!(Reason::Overloaded.to_string(), "waited longer than the target under overload");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// It waited as long as its class may.
    Deadline,
    /// A more important one took its place in a full queue.
    Displaced,
    /// The queue is full of what is as important or more.
    Full,
    /// It waited longer than the target while the queue was overloaded.
    Overloaded,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deadline => "waited as long as its class may",
            Self::Displaced => "made room for one more important",
            Self::Full => "the queue is full",
            Self::Overloaded => "waited longer than the target under overload",
        })
    }
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    pub(super) class: Class,
    pub(super) number: u64,
}
