//! [`Index`]: where the record of each key is, in 16 bytes a key.
//!
//! Keys are known by 38 bits of their hash. Two keys that share them push each other out; a record carries its key,
//! so that neither is ever served for the other.

mod slot;
mod snapshot;

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasherDefault, Hasher},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

pub(super) use slot::{Slot, Tag};
pub(super) use snapshot::{
    max_len as snapshot_len, read as read_snapshot, write as write_snapshot,
};

use super::format::Place;

/// The table of all keys.
pub(super) struct Index {
    shards: [Mutex<Shard>; SHARDS],
    entries: AtomicU64,
}

type Shard = HashMap<u32, Slot, BuildHasherDefault<Spread>>;

/// Enough that growing one shard of a million keys takes no longer than a read from the disk.
const SHARDS: usize = 64;

impl Index {
    pub(super) fn new() -> Self {
        Self {
            shards: [const { Mutex::new(Shard::with_hasher(BuildHasherDefault::new())) }; SHARDS],
            entries: AtomicU64::new(0),
        }
    }

    fn shard(&self, tag: Tag) -> MutexGuard<'_, Shard> {
        self.shard_at(usize::from(tag.shard))
    }

    fn shard_at(&self, at: usize) -> MutexGuard<'_, Shard> {
        self.shards[at % SHARDS]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn added(&self) {
        self.entries.fetch_add(1, Ordering::Relaxed);
    }

    fn gone(&self, count: u64) {
        self.entries.fetch_sub(count, Ordering::Relaxed);
    }

    pub(super) fn entries(&self) -> u64 {
        self.entries.load(Ordering::Relaxed)
    }

    /// Bytes of the tables, spare room included.
    pub(super) fn bytes(&self) -> u64 {
        let capacity = |at| self.shard_at(at).capacity() as u64;
        let spots: u64 = (0..SHARDS).map(capacity).sum();
        // A table is full at seven eighths, and has a byte of its own for each spot.
        spots * 8 / 7 * (size_of::<(u32, Slot)>() as u64 + 1)
    }

    /// Finds a key and counts the hit.
    pub(super) fn hit(&self, tag: Tag) -> Option<Slot> {
        let mut shard = self.shard(tag);
        let slot = shard
            .get_mut(&tag.rest)
            .filter(|slot| !slot.is_tombstone())?;
        slot.count_hit();
        Some(*slot)
    }

    pub(super) fn peek(&self, tag: Tag) -> Option<Slot> {
        self.shard(tag).get(&tag.rest).copied()
    }

    /// Puts a key where `append` says. `append` runs under the key's lock, so that what is written about one key is
    /// in the log in the order in which the index had it.
    pub(super) fn put(&self, tag: Tag, append: impl FnOnce() -> Option<Slot>) -> bool {
        let mut shard = self.shard(tag);
        let Some(slot) = append() else { return false };
        if shard.insert(tag.rest, slot).is_none() {
            self.added();
        }
        true
    }

    /// Moves a key to where `append` says, if it still is where it was.
    pub(super) fn swap(&self, tag: Tag, old: Place, append: impl FnOnce() -> Option<Slot>) -> bool {
        let mut shard = self.shard(tag);
        let Some(slot) = shard.get_mut(&tag.rest).filter(|slot| slot.place == old) else {
            return false;
        };
        append().map(|moved| *slot = moved).is_some()
    }

    /// Forgets a key; `tombstone` may leave a mark in its place, against being found again by a scan.
    pub(super) fn remove(&self, tag: Tag, tombstone: impl FnOnce() -> Option<Slot>) -> bool {
        let mut shard = self.shard(tag);
        let was = shard
            .get(&tag.rest)
            .is_some_and(|slot| !slot.is_tombstone());
        match (tombstone(), shard.entry(tag.rest)) {
            (Some(slot), Entry::Occupied(mut known)) => {
                known.insert(slot);
            }
            (Some(slot), Entry::Vacant(free)) => {
                free.insert(slot);
                self.added();
            }
            (None, Entry::Occupied(known)) => {
                known.remove();
                self.gone(1);
            }
            (None, Entry::Vacant(_)) => {}
        }
        was
    }

    /// Forgets a key if it still is where it was.
    pub(super) fn remove_at(&self, tag: Tag, place: Place, tombstone: Option<Slot>) {
        let mut shard = self.shard(tag);
        let Entry::Occupied(mut known) = shard.entry(tag.rest) else {
            return;
        };
        if known.get().place != place {
            return;
        }
        match tombstone {
            Some(slot) => {
                known.insert(slot);
            }
            None => {
                known.remove();
                self.gone(1);
            }
        }
    }

    /// Takes what a scan or a snapshot found, unless something later is known.
    pub(super) fn restore(&self, tag: Tag, slot: Slot) {
        match self.shard(tag).entry(tag.rest) {
            Entry::Occupied(mut known) if known.get().place < slot.place => {
                known.insert(slot);
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(free) => {
                free.insert(slot);
                self.added();
            }
        }
    }

    /// The keys of a segment that were asked for, most often asked first.
    pub(super) fn hot_in(&self, segment: u32) -> Vec<(Tag, Slot)> {
        let mut hot = Vec::new();
        for at in 0..SHARDS {
            let shard = self.shard_at(at);
            let here = shard.iter().filter(|(_, slot)| {
                slot.place.segment == segment && slot.hits() > 0 && !slot.is_tombstone()
            });
            hot.extend(here.map(|(rest, slot)| (Tag::new(at, *rest), *slot)));
        }
        hot.sort_unstable_by_key(|(_, slot)| (core::cmp::Reverse(slot.hits()), slot.place));
        hot
    }

    /// Forgets all keys of a segment, and says how many there were.
    pub(super) fn drop_segment(&self, segment: u32) -> u64 {
        self.retain(|slot| slot.place.segment != segment)
    }

    /// Forgets the marks of removed keys, once no scan can find these any more.
    pub(super) fn drop_tombstones(&self) {
        self.retain(|slot| !slot.is_tombstone());
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.retain(|_| false);
    }

    fn retain(&self, mut keep: impl FnMut(&Slot) -> bool) -> u64 {
        let mut gone = 0;
        for at in 0..SHARDS {
            let mut shard = self.shard_at(at);
            let before = shard.len();
            shard.retain(|_, slot| keep(slot));
            gone += (before - shard.len()) as u64;
        }
        self.gone(gone);
        gone
    }
}

/// Spreads what is a hash already over the bits that a table looks at.
#[derive(Clone, Copy, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(self.0 as u32 ^ u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        let wide = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = wide ^ wide >> 32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(segment: u32, offset: u32) -> Slot {
        Slot::new(Place { segment, offset }, 160)
    }

    #[test]
    fn what_is_later_wins_and_tombstones_hide() {
        let index = Index::new();
        let tag = Tag::of(42);
        index.restore(tag, slot(5, 0));
        index.restore(tag, slot(4, 900));
        assert_eq!(index.hit(tag).unwrap().place.segment, 5);
        assert!(index.remove(tag, || Some(Slot::tombstone(Place {
            segment: 6,
            offset: 0
        }))));
        index.restore(tag, slot(5, 16));
        assert!(index.hit(tag).is_none());
        index.drop_tombstones();
        assert_eq!(index.entries(), 0);
    }

    #[test]
    fn a_move_is_refused_when_the_key_moved_before() {
        let index = Index::new();
        let tag = Tag::of(42);
        assert!(index.put(tag, || Some(slot(1, 0))));
        assert!(index.put(tag, || Some(slot(2, 0))));
        let stale = Place {
            segment: 1,
            offset: 0,
        };
        assert!(!index.swap(tag, stale, || panic!("nothing is appended")));
        index.remove_at(tag, stale, None);
        assert_eq!(index.entries(), 1);
    }

    #[test]
    fn a_segment_leaves_with_its_keys_and_its_hot_ones_are_known() {
        let index = Index::new();
        for key in 0..100_u64 {
            let tag = Tag::of(key << 40 | key);
            index.put(tag, || Some(slot(key as u32 % 2, 16 * key as u32)));
            for _ in 0..key % 5 {
                index.hit(tag);
            }
        }
        let hot = index.hot_in(1);
        assert_eq!(hot.len(), 40);
        assert!(hot.is_sorted_by_key(|(_, slot)| core::cmp::Reverse(slot.hits())));
        assert_eq!(index.drop_segment(1), 50);
        assert_eq!(index.entries(), 50);
    }
}
