//! Where responses rest: the [`Store`] trait and the stores that come with the crate.
//!
//! A store keeps bytes under keys and decides nothing about HTTP. What it gives out is either ready at once
//! (memory) or later (disk); a [`Ticket`] carries what a lookup or a read needs between two polls.

mod blocks;
mod body;
#[cfg(feature = "disk")]
#[cfg_attr(docsrs, doc(cfg(feature = "disk")))]
pub mod disk;
mod memory;
mod object;
mod synced;
pub mod tier;
pub mod tinylfu;

use core::task::{Context, Poll};
use std::sync::Arc;

use http::HeaderMap;

pub use memory::Memory;
pub use object::{Content, Entry, Logged, Medium, ReadError, Refused, Ticket, Usage};
pub use synced::{NotSynced, Synced, Syncing};

use crate::{key::Key, stats::Stats};

/// Something that keeps responses.
///
/// Implementations are shared by all requests: every method takes `&self` and holds a lock for a bounded time only.
pub trait Store: Send + Sync + 'static {
    /// Looks a key up.
    ///
    /// A store that answers later keeps what it needs in the ticket and wakes `cx`; a caller that loses interest
    /// drops the ticket.
    fn poll_lookup(
        &self,
        key: &Key,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Entry>>;

    /// Reserves room for an object and starts to write it. `len` is the length of its body, if that is known.
    ///
    /// # Errors
    /// If the object may not or cannot be kept; nothing is reserved then.
    fn begin(&self, key: &Key, head: &[u8], len: Option<u64>) -> Result<Box<dyn Write>, Refused>;

    /// Puts another head on the object that `content` belongs to; says whether it was still there.
    fn replace_head(&self, key: &Key, content: &Arc<dyn Content>, head: &[u8]) -> bool;

    /// Removes a key; says whether it was there.
    fn remove(&self, key: &Key) -> bool;

    /// Removes a key if `content` is still what it leads to; says whether it was. Unless a store can tell, it removes
    /// whatever is there, which may be a later object that then has to be fetched again.
    fn remove_content(&self, key: &Key, content: &Arc<dyn Content>) -> bool {
        let _ = content;
        self.remove(key)
    }

    /// Says whether a key leads to anything, as far as that can be told at once, and counts no use; `None` unless a store
    /// can tell.
    fn has(&self, key: &Key) -> Option<bool> {
        let _ = key;
        None
    }

    /// Returns what is in use.
    fn usage(&self) -> Usage;

    /// Returns what has been counted, and what is held; all that is known is the usage, unless a store counts more.
    fn stats(&self) -> Stats {
        self.usage().into()
    }

    /// Hears that everything which was asked for before a purge epoch is void: it need not be kept any longer.
    fn void_before(&self, epoch: u64) {
        let _ = epoch;
    }

    /// Writes a purge down, for stores that outlive the process; the first eight bytes are its epoch, little endian.
    ///
    /// A store whose objects end with the process has nothing to write.
    fn log_purge(&self, record: &[u8]) -> Synced {
        let _ = record;
        Synced::at_once()
    }

    /// Returns the purges that earlier processes wrote down and whose objects may still be here, in the order in
    /// which they were written.
    fn logged_purges(&self) -> Logged {
        Logged::default()
    }
}

/// An object that is being written. Dropping it gives up: nothing of it stays, and readers get what was appended.
pub trait Write: Send {
    /// Appends bytes, by copying them.
    ///
    /// # Errors
    /// If they are more than was announced, or there is no room for more.
    fn append(&mut self, data: &[u8]) -> Result<(), Refused>;

    /// Returns the content, which can be read while it is written.
    fn content(&self) -> Arc<dyn Content>;

    /// Makes the object visible to lookups.
    fn commit(self: Box<Self>, trailers: Option<HeaderMap>);
}
