//! [`Memory`]: an exact LRU of a fixed number of bytes.

use core::task::{Context, Poll};
use std::{
    fmt,
    hash::RandomState,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::HeaderMap;
use lru::LruCache;

use super::{
    Content, Entry, Refused, Store, Ticket, Usage, Write,
    blocks::{BLOCK, Blocks, same},
};
use crate::key::Key;

/// A store in memory that never holds more bytes than it was given, keys, heads and reservations included.
///
/// When room is needed, what was used least recently leaves. An object larger than
/// [`max_object`](Self::max_object), a quarter of the budget unless set, is refused.
///
/// ```
/// use eaves_cache::store::{Memory, Refused, Store};
/// use eaves_cache::key::Key;
///
/// let store = Memory::new(1 << 20).max_object(1000);
/// let key = Key::of_uri(&"http://a.example/".parse().unwrap()).unwrap();
/// let refused = store.begin(&key, b"head", Some(2000)).err();
/// assert_eq!(refused, Some(Refused::TooLarge { len: 2000, limit: 1000 }));
/// ```
pub struct Memory {
    shared: Arc<Shared>,
    max_object: u64,
}

struct Shared {
    budget: u64,
    table: Mutex<Table>,
}

struct Table {
    slots: LruCache<Key, Slot, RandomState>,
    used: u64,
    evictions: u64,
    refusals: u64,
}

struct Slot {
    head: Box<[u8]>,
    blocks: Arc<Blocks>,
    weight: u64,
}

/// Table slot, list links, allocator headers and the content's own structures.
const OVERHEAD: u64 = 320;

impl Memory {
    /// Makes a store of so many bytes.
    #[must_use]
    pub fn new(budget: u64) -> Self {
        Self {
            shared: Arc::new(Shared {
                budget,
                table: Mutex::new(Table {
                    slots: LruCache::unbounded_with_hasher(RandomState::new()),
                    used: 0,
                    evictions: 0,
                    refusals: 0,
                }),
            }),
            max_object: budget / 4,
        }
    }

    /// Sets the length of the longest body that is taken.
    #[must_use]
    pub fn max_object(mut self, bytes: u64) -> Self {
        self.max_object = bytes;
        self
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

impl Store for Memory {
    fn poll_lookup(&self, key: &Key, _: &mut Ticket, _: &mut Context<'_>) -> Poll<Option<Entry>> {
        let mut table = self.shared.lock();
        Poll::Ready(table.slots.get(key).map(|slot| Entry {
            head: copy(&slot.head),
            content: slot.blocks.clone(),
        }))
    }

    fn begin(&self, key: &Key, head: &[u8], len: Option<u64>) -> Result<Box<dyn Write>, Refused> {
        let fixed = OVERHEAD + key.as_bytes().len() as u64 + head.len() as u64;
        let room = fixed.saturating_add(len.unwrap_or(BLOCK as u64));
        if let Some(len) = len.filter(|len| *len > self.max_object) {
            self.shared.lock().refusals += 1;
            return Err(Refused::TooLarge {
                len,
                limit: self.max_object,
            });
        }
        self.shared.reserve(room)?;
        Ok(Box::new(Filling {
            shared: self.shared.clone(),
            key: key.clone(),
            head: Box::from(head),
            blocks: Arc::default(),
            announced: len,
            written: 0,
            max_object: self.max_object,
            fixed,
            reserved: room,
        }))
    }

    fn replace_head(&self, key: &Key, content: &Arc<dyn Content>, head: &[u8]) -> bool {
        let mut table = self.shared.lock();
        let Table { slots, used, .. } = &mut *table;
        let Some(slot) = slots
            .get_mut(key)
            .filter(|slot| same(content, &slot.blocks))
        else {
            return false;
        };
        let weight = slot.weight - slot.head.len() as u64 + head.len() as u64;
        *used = *used - slot.weight + weight;
        slot.weight = weight;
        slot.head = Box::from(head);
        let victims = table.evict_down_to(self.shared.budget);
        drop(table);
        drop(victims);
        true
    }

    fn remove(&self, key: &Key) -> bool {
        let mut table = self.shared.lock();
        let slot = table.slots.pop(key);
        table.used -= slot.as_ref().map_or(0, |slot| slot.weight);
        drop(table);
        slot.is_some()
    }

    fn usage(&self) -> Usage {
        let table = self.shared.lock();
        Usage {
            entries: table.slots.len() as u64,
            bytes: table.used,
            budget: self.shared.budget,
            evictions: table.evictions,
            refusals: table.refusals,
        }
    }
}

/// A copy with room for an Age and a member of Cache-Status.
fn copy(head: &[u8]) -> Vec<u8> {
    let mut copy = Vec::with_capacity(head.len() + 128);
    copy.extend_from_slice(head);
    copy
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes room; victims are dropped after the lock is released.
    fn reserve(&self, bytes: u64) -> Result<(), Refused> {
        let refused = Refused::NoRoom { needed: bytes };
        let mut table = self.lock();
        let Some(goal) = self.budget.checked_sub(bytes) else {
            table.refusals += 1;
            return Err(refused);
        };
        let victims = table.evict_down_to(goal);
        let fits = table.used <= goal;
        if fits {
            table.used += bytes;
        } else {
            table.refusals += 1;
        }
        drop(table);
        drop(victims);
        if fits { Ok(()) } else { Err(refused) }
    }
}

impl Table {
    fn evict_down_to(&mut self, goal: u64) -> Vec<Slot> {
        let mut victims = Vec::new();
        while self.used > goal {
            let Some((_, slot)) = self.slots.pop_lru() else {
                break;
            };
            self.used -= slot.weight;
            self.evictions += 1;
            victims.push(slot);
        }
        victims
    }
}

/// An object on its way in; it holds its reservation until it is committed or dropped.
struct Filling {
    shared: Arc<Shared>,
    key: Key,
    head: Box<[u8]>,
    blocks: Arc<Blocks>,
    announced: Option<u64>,
    written: u64,
    max_object: u64,
    fixed: u64,
    reserved: u64,
}

impl Filling {
    fn admit(&mut self, len: u64) -> Result<(), Refused> {
        if let Some(announced) = self.announced {
            return if len > announced {
                Err(Refused::Length { announced })
            } else {
                Ok(())
            };
        }
        if len > self.max_object {
            return Err(Refused::TooLarge {
                len,
                limit: self.max_object,
            });
        }
        let needed = self.fixed + len;
        if needed > self.reserved {
            let more = (needed - self.reserved).next_multiple_of(BLOCK as u64);
            self.shared.reserve(more)?;
            self.reserved += more;
        }
        Ok(())
    }
}

impl Write for Filling {
    fn append(&mut self, data: &[u8]) -> Result<(), Refused> {
        let len = self.written + data.len() as u64;
        self.admit(len)?;
        let left = self.announced.map(|announced| announced - self.written);
        self.blocks.append(data, left);
        self.written = len;
        Ok(())
    }

    fn content(&self) -> Arc<dyn Content> {
        self.blocks.clone()
    }

    fn commit(mut self: Box<Self>, trailers: Option<HeaderMap>) {
        if self
            .announced
            .is_some_and(|announced| announced != self.written)
        {
            return;
        }
        self.blocks.seal(trailers);
        let weight = self.fixed + self.blocks.resident();
        let slot = Slot {
            head: core::mem::take(&mut self.head),
            blocks: self.blocks.clone(),
            weight,
        };
        let mut table = self.shared.lock();
        let old = table.slots.put(self.key.clone(), slot);
        table.used = table.used - self.reserved + weight - old.as_ref().map_or(0, |old| old.weight);
        drop(table);
        self.reserved = 0;
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        self.shared.lock().used -= self.reserved;
    }
}
