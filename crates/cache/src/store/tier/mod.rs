//! [`Tier`]: a small fast store over a large slow one.

mod drain;
mod moves;
mod promote;
#[cfg(test)]
mod tests;
mod write;

/// What moves are shared by; the model of them has others.
mod sync {
    pub(super) use crate::sync::{Mutex, MutexGuard, atomic};
}

use core::task::{Context, Poll, Waker};
use std::{cell::RefCell, fmt, sync::Arc};

use eaves_common::{time::Mono, units::ByteSize};

pub use self::{
    drain::{Drain, Drained, Step},
    moves::Moved,
};
use self::{moves::Moves, promote::Promoting, write::Writing};
use super::{
    Content, Entry, Logged, Memory, Refused, Store, Synced, Ticket, Usage, Write,
    memory::{Heir, Object},
};
use crate::{key::Key, stats::Stats};

/// Memory over any other store, such as one on a disk, each with a budget of its own.
///
/// What is fetched goes to memory, if it is worth its room there, else below. What has to leave memory is written below
/// (*demoted*), unless it is there already; what is asked for again and again below is copied up while it is read
/// (*promoted*), and stays below too. An object of which another version comes, or that is removed, goes from both: a
/// copy that is on its way meanwhile never arrives.
///
/// A body of unknown length that outgrows memory is not kept: whoever reads it has begun to read it there.
///
/// What memory alone holds ends with the process, unless it is written below before: [`drain`](Self::drain).
///
/// ```
/// use std::sync::Arc;
/// use core::task::{Context, Poll, Waker};
/// use eaves_cache::{key::Key, store::{Memory, Store, Ticket, tier::Tier}};
///
/// let below = Arc::new(Memory::new(64 << 20));
/// let store = Tier::new(Memory::new(1 << 20), below.clone());
/// let key = Key::of_uri(&"http://a.example/film".parse()?)?;
/// // Too long for memory.
/// let mut film = store.begin(&key, b"head", Some(2_000_000))?;
/// film.append(&[7; 2_000_000])?;
/// film.commit(None);
/// assert_eq!(below.usage().entries, 1);
/// let mut cx = Context::from_waker(Waker::noop());
/// assert!(matches!(store.poll_lookup(&key, &mut Ticket::default(), &mut cx), Poll::Ready(Some(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Tier {
    shared: Arc<Shared>,
}

struct Shared {
    memory: Memory,
    below: Arc<dyn Store>,
    moves: Moves,
    promote_at: u8,
    demote_at: u8,
}

impl Tier {
    /// Puts memory over another store.
    #[must_use]
    pub fn new(memory: Memory, below: Arc<dyn Store>) -> Self {
        Self::with(memory, below, 2, 1)
    }

    fn with(memory: Memory, below: Arc<dyn Store>, promote_at: u8, demote_at: u8) -> Self {
        Self {
            shared: Arc::new(Shared {
                memory,
                below,
                moves: Moves::default(),
                promote_at,
                demote_at,
            }),
        }
    }

    /// Returns what has moved from one store to the other.
    pub fn moved(&self) -> Moved {
        self.shared.moves.moved()
    }

    /// Begins to write below what memory alone holds, as before a clean end: the hottest first, until so many bytes are
    /// written or that time comes. Bytes are counted without what the store below adds to an object, and are never more
    /// than half of its budget, so that what is written last does not displace what was written first.
    ///
    /// Times are those of the clock by which responses are stored.
    pub fn drain(&self, bytes: ByteSize, until: Mono) -> Drain {
        Drain::begin(&self.shared, bytes.as_u64(), until)
    }

    /// Returns what the stores have counted: memory, and the one below.
    #[must_use]
    pub fn tiers(&self) -> [Stats; 2] {
        [self.shared.memory.stats(), self.shared.below.stats()]
    }
}

/// The thresholds of a [`Tier`].
impl Tier {
    /// Sets how often an object below has to be asked for lately to be copied up, from 1 to 15: twice, unless set.
    ///
    /// # Panics
    /// If the store is in use already.
    #[must_use]
    pub fn promote_at(mut self, uses: u8) -> Self {
        self.shared_mut().promote_at = uses;
        self
    }

    /// Sets how often an object has to have been asked for lately to be written below when it has to leave memory: once,
    /// unless set. More spares a disk what is asked for once.
    ///
    /// # Panics
    /// If the store is in use already.
    #[must_use]
    pub fn demote_at(mut self, uses: u8) -> Self {
        self.shared_mut().demote_at = uses;
        self
    }

    fn shared_mut(&mut self) -> &mut Shared {
        Arc::get_mut(&mut self.shared).expect("a store is configured before it is used")
    }
}

impl Shared {
    /// Does something in memory of which other objects may have to leave, and writes those below.
    fn over<R>(self: &Arc<Self>, work: impl FnOnce(&dyn Heir) -> R) -> R {
        let watch = Watch::begin(self);
        let leaving = Leaving::default();
        let done = work(&leaving);
        for (key, object) in leaving.0.take() {
            self.demote(&key, &object, watch.since);
        }
        done
    }

    /// Writes an object below that left memory, unless it was removed or replaced since before it left.
    fn demote(&self, key: &[u8], object: &Object, since: u64) {
        let key = Key::from_stored(key);
        if self.lies_below(&key, object) || self.memory.uses(&key) < self.demote_at {
            return;
        }
        let written = self.write_below(&key, object);
        let Some(write) = written else {
            return self.moves.refused();
        };
        self.moves
            .demote(&key, since, || write.commit(object.body.trailers()));
    }

    /// Says whether an object of memory lies below too: it was copied there or came from there, and the store below does
    /// not say that it has left since.
    fn lies_below(&self, key: &Key, object: &Object) -> bool {
        object.body.is_below() && self.below.has(key) != Some(false)
    }

    fn write_below(&self, key: &Key, object: &Object) -> Option<Box<dyn Write>> {
        let len = object.body.len();
        let mut write = self.below.begin(key, &object.head, len).ok()?;
        for block in object.body.blocks() {
            write.append(block).ok()?;
        }
        Some(write)
    }

    /// What was found below, on its way up if it is asked for often enough.
    fn found_below(&self, key: &Key, entry: Entry, watch: Watch) -> Entry {
        let often = self.memory.uses(key) >= self.promote_at;
        let fits = entry
            .content
            .len()
            .is_some_and(|len| len <= self.memory.longest());
        if !often || !fits || entry.content.trailers().is_some() {
            return entry;
        }
        Promoting::begin(key, entry, watch)
    }
}

/// A time from which on copies are watched: none arrives whose key was touched since.
struct Watch {
    shared: Arc<Shared>,
    since: u64,
}

impl Watch {
    fn begin(shared: &Arc<Shared>) -> Self {
        Self {
            since: shared.moves.begin(),
            shared: shared.clone(),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.moves.end();
    }
}

/// What leaves memory during one operation.
#[derive(Default)]
struct Leaving(RefCell<Vec<(Box<[u8]>, Object)>>);

impl Heir for Leaving {
    fn left(&self, key: Box<[u8]>, object: Object) {
        self.0.borrow_mut().push((key, object));
    }
}

/// A lookup that goes on below, watched since before it began.
struct Below(Ticket, Watch);

impl Store for Tier {
    fn poll_lookup(
        &self,
        key: &Key,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Entry>> {
        let shared = &self.shared;
        let Below(mut inner, watch) = match ticket.take::<Below>() {
            Some(below) => *below,
            None => {
                // Memory answers at once.
                let mut noop = Context::from_waker(Waker::noop());
                let found = shared.memory.poll_lookup(key, ticket, &mut noop);
                if let Poll::Ready(Some(entry)) = found {
                    return Poll::Ready(Some(entry));
                }
                Below(Ticket::default(), Watch::begin(shared))
            }
        };
        match shared.below.poll_lookup(key, &mut inner, cx) {
            Poll::Pending => {
                ticket.leave(Below(inner, watch));
                Poll::Pending
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(entry)) => {
                shared.moves.hit_below();
                Poll::Ready(Some(shared.found_below(key, entry, watch)))
            }
        }
    }

    fn begin(&self, key: &Key, head: &[u8], len: Option<u64>) -> Result<Box<dyn Write>, Refused> {
        let shared = &self.shared;
        let memory = shared.over(|heir| shared.memory.begin_over(key, head, len, heir));
        let write = match memory {
            Ok(filling) => Writing::memory(shared, key, filling),
            Err(refused) if len.is_none() => return Err(refused),
            Err(_) => Writing::below(shared, key, shared.below.begin(key, head, len)?),
        };
        Ok(Box::new(write))
    }

    fn replace_head(&self, key: &Key, content: &Arc<dyn Content>, head: &[u8]) -> bool {
        let (shared, content) = (&self.shared, innermost(content));
        let replaced =
            shared.over(|heir| shared.memory.replace_head_over(key, content, head, heir));
        shared.moves.replace(key, || {
            if replaced {
                // What lies below has the head of before.
                shared.below.remove(key);
                shared.memory.forget_below(key);
            }
            if replaced || !shared.below.replace_head(key, content, head) {
                return replaced;
            }
            // A copy that has come up meanwhile has the head of before.
            shared.memory.remove(key);
            true
        })
    }

    fn remove(&self, key: &Key) -> bool {
        let Shared {
            memory,
            below,
            moves,
            ..
        } = &*self.shared;
        moves.replace(key, || memory.remove(key) | below.remove(key))
    }

    fn remove_content(&self, key: &Key, content: &Arc<dyn Content>) -> bool {
        let Shared {
            memory,
            below,
            moves,
            ..
        } = &*self.shared;
        let content = innermost(content);
        moves.replace(key, || {
            if memory.remove_content(key, content) {
                // The copy below, if there is one, is of the same.
                below.remove(key);
                return true;
            }
            below.remove_content(key, content)
        })
    }

    fn has(&self, key: &Key) -> Option<bool> {
        match self.shared.memory.has(key) {
            Some(true) => Some(true),
            _ => self.shared.below.has(key),
        }
    }

    fn usage(&self) -> Usage {
        self.stats().into()
    }

    /// Both stores together: a lookup is a hit if either had it, and an object that is in both counts twice.
    fn stats(&self) -> Stats {
        let [memory, below] = self.tiers();
        self.shared.moves.together(memory, below)
    }

    fn void_before(&self, epoch: u64) {
        self.shared.memory.void_before(epoch);
        self.shared.below.void_before(epoch);
    }

    fn log_purge(&self, record: &[u8]) -> Synced {
        self.shared.below.log_purge(record)
    }

    fn logged_purges(&self) -> Logged {
        self.shared.below.logged_purges()
    }
}

/// The content that a store handed out itself.
fn innermost(content: &Arc<dyn Content>) -> &Arc<dyn Content> {
    content.inner().unwrap_or(content)
}

impl fmt::Debug for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tier")
            .field("memory", &self.shared.memory)
            .field("below", &self.shared.below.usage())
            .field("moved", &self.moved())
            .finish_non_exhaustive()
    }
}
