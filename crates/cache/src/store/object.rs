//! What passes between a store and its users.

use core::{
    any::Any,
    fmt,
    task::{Context, Poll},
};
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;

/// What a lookup found: a head and the content it belongs to.
#[derive(Clone)]
#[expect(clippy::exhaustive_structs, reason = "an object has these parts")]
pub struct Entry {
    /// The head's bytes, as they were given to [`begin`](super::Store::begin): a copy that is the caller's own, so
    /// that no reference count is shared between cores. Spare capacity saves the caller an allocation.
    pub head: Vec<u8>,
    /// The body.
    pub content: Arc<dyn Content>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("head", &self.head.len())
            .field("len", &self.content.len())
            .finish()
    }
}

/// The body of an object; many readers, each at its own pace.
pub trait Content: Any + Send + Sync {
    /// Reads some bytes from an offset on; none if the offset is at the end of what is there.
    ///
    /// # Errors
    /// If the bytes are gone or damaged.
    fn poll_read(
        &self,
        at: u64,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Bytes, ReadError>>;

    /// Returns the length, once the object is complete.
    fn len(&self) -> Option<u64>;

    /// Says whether the object is complete and without bytes.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Returns the trailer section, if the object is complete and had one.
    fn trailers(&self) -> Option<HeaderMap>;

    /// Returns the epoch up to which purges are known not to concern the object; 0 if the store does not keep it.
    fn checked(&self) -> u64 {
        0
    }

    /// Notes that no purge up to an epoch concerns the object. A store may forget it.
    fn check(&self, epoch: u64) {
        let _ = epoch;
    }

    /// Returns the content that this one wraps, for stores made of stores.
    fn inner(&self) -> Option<&Arc<dyn Content>> {
        None
    }

    /// Says where the content rests: where that which it wraps does, or in memory, unless a store knows better.
    fn medium(&self) -> Medium {
        self.inner().map_or(Medium::Memory, |inner| inner.medium())
    }
}

/// Where content rests, from the nearest to the farthest.
///
/// ```
/// use eaves_cache::store::Medium;
///
/// assert!(Medium::Memory < Medium::Disk);
/// assert_eq!(Medium::Parent.as_str(), "parent");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Medium {
    /// In the memory of this process.
    Memory,
    /// In files of this machine.
    Disk,
    /// In a store that this one shares with others.
    Parent,
}

impl Medium {
    /// Returns it as one word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::Parent => "parent",
        }
    }
}

/// The purges that a store has written down.
///
/// ```
/// use eaves_cache::store::{Memory, Store};
///
/// let logged = Memory::new(1 << 20).logged_purges();
/// assert!(logged.records.is_empty() && logged.missed_until == 0);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a log has these parts")]
pub struct Logged {
    /// The records, as they were given to [`log_purge`](super::Store::log_purge).
    pub records: Vec<Vec<u8>>,
    /// Purges up to this epoch may be missing from the records, as after a crash; 0 if none is. Epochs are
    /// nanoseconds of the wall clock, so that the time of the restart stands for all that came before it.
    pub missed_until: u64,
}

/// What a store keeps between two polls of one lookup or read.
#[derive(Default)]
pub struct Ticket(Option<Box<dyn Any + Send>>);

impl Ticket {
    /// Returns the state that an earlier poll left, if it is of this type.
    #[must_use]
    pub fn take<T: Any + Send>(&mut self) -> Option<Box<T>> {
        self.0.take()?.downcast().ok()
    }

    /// Leaves a state for the next poll.
    pub fn leave<T: Any + Send>(&mut self, state: T) {
        self.0 = Some(Box::new(state));
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ticket").field(&self.0.is_some()).finish()
    }
}

/// Why a store does not take an object, or no more of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Too many bytes wait to be written: the store does not keep up.
    #[error("{waiting} of {limit} bytes wait to be written")]
    Busy {
        /// How many bytes wait.
        waiting: u64,
        /// How many may.
        limit: u64,
    },
    /// The body is longer or shorter than was announced.
    #[error("body differs from the announced {announced} bytes")]
    Length {
        /// The announced length.
        announced: u64,
    },
    /// Too many small objects would have had to leave for it.
    #[error("{needed} bytes would displace too many others")]
    Crowded {
        /// How many bytes were asked for.
        needed: u64,
    },
    /// What is not reserved for others is not enough.
    #[error("no room for {needed} more bytes")]
    NoRoom {
        /// How many bytes were asked for.
        needed: u64,
    },
    /// What would have had to leave is worth more.
    #[error("{needed} bytes are worth less than what would have had to leave")]
    Outvalued {
        /// How many bytes were asked for.
        needed: u64,
    },
    /// The object is larger than the store takes.
    #[error("object of {len} bytes is larger than the limit of {limit}")]
    TooLarge {
        /// The object's length, as far as it is known.
        len: u64,
        /// The most that is taken.
        limit: u64,
    },
    /// The store takes nothing for now.
    #[error("store takes nothing: {why}")]
    Unavailable {
        /// What is wrong with it.
        why: &'static str,
    },
}

impl From<Refused> for eaves_common::Error {
    fn from(error: Refused) -> Self {
        Self::with_source(eaves_common::ErrorKind::Limit, "storing a response", error)
    }
}

/// Why content could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The bytes are not those that were written.
    #[error("stored bytes at offset {at} are damaged")]
    Damaged {
        /// The offset asked for.
        at: u64,
    },
    /// The bytes are no longer there.
    #[error("stored bytes at offset {at} are gone")]
    Gone {
        /// The offset asked for.
        at: u64,
    },
}

impl From<ReadError> for eaves_common::Error {
    fn from(error: ReadError) -> Self {
        Self::with_source(
            eaves_common::ErrorKind::Unavailable,
            "reading a stored response",
            error,
        )
    }
}

/// What a store has in use.
///
/// ```
/// use eaves_cache::store::{Memory, Store};
///
/// let usage = Memory::new(1 << 20).usage();
/// assert_eq!((usage.entries, usage.bytes, usage.budget), (0, 0, 1 << 20));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Objects kept.
    pub entries: u64,
    /// Bytes in use, reserved ones included.
    pub bytes: u64,
    /// The most bytes that may be in use.
    pub budget: u64,
    /// Objects that had to leave for others, since the start.
    pub evictions: u64,
    /// Objects that were refused, since the start.
    pub refusals: u64,
}
