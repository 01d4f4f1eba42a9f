//! [`Slab`]: the slots of a shard.

use std::{
    hint::black_box,
    ops::{Index, IndexMut},
};

use super::chunked::Chunked;

/// No slot.
pub(super) const NIL: u32 = u32::MAX;

/// One entry: 32 bytes beside key and value.
#[derive(Debug)]
pub(super) struct Slot<K, V> {
    pub(super) entry: Option<(K, V)>,
    pub(super) hash: u64,
    pub(super) weight: u64,
    /// The shard's age at its last use.
    pub(super) base: f64,
    /// Next slot that found no place in its index bucket, or the next free slot.
    pub(super) chain: u32,
    /// Uses while resident and before, as of `epoch`.
    pub(super) uses: u8,
    /// The sketch's epoch that `uses` was last aged to.
    pub(super) epoch: u8,
    /// Whether it was used since its place in the heap was last set.
    pub(super) touched: bool,
}

impl<K, V> Slot<K, V> {
    /// Its uses, halved for each epoch that went by.
    pub(super) fn uses_in(&self, epoch: u8) -> u8 {
        self.uses >> epoch.wrapping_sub(self.epoch).min(7)
    }
}

impl<K, V> Default for Slot<K, V> {
    fn default() -> Self {
        Self {
            entry: None,
            hash: 0,
            weight: 0,
            base: 0.0,
            chain: NIL,
            uses: 0,
            epoch: 0,
            touched: false,
        }
    }
}

/// Slots by number, and a chain of the free ones.
#[derive(Debug)]
pub(super) struct Slab<K, V> {
    slots: Chunked<Slot<K, V>>,
    free: u32,
}

impl<K, V> Slab<K, V> {
    pub(super) const fn new() -> Self {
        Self {
            slots: Chunked::new(),
            free: NIL,
        }
    }

    /// Whether another slot has a number: 24 bits, since the index puts eight of the hash beside it.
    pub(super) const fn has_room(&self) -> bool {
        self.free != NIL || self.slots.len() < 1 << 24
    }

    /// Puts a slot in and returns its number; there must be room.
    pub(super) fn insert(&mut self, slot: Slot<K, V>) -> u32 {
        let id = self.free;
        if id == NIL {
            return self.slots.push(slot);
        }
        self.free = self.slots[id].chain;
        self.slots[id] = slot;
        id
    }

    /// Takes what slot `id` holds; the slot is free afterwards.
    pub(super) fn take(&mut self, id: u32) -> Option<(K, V)> {
        let slot = &mut self.slots[id];
        slot.chain = self.free;
        self.free = id;
        slot.entry.take()
    }

    /// Slots that there are, free ones among them.
    pub(super) const fn len(&self) -> u32 {
        self.slots.len()
    }

    /// Has a slot fetched, both ends of it, while the caller goes on.
    #[inline]
    pub(super) fn touch(&self, id: u32) {
        let slot = &self.slots[id];
        black_box((slot.entry.is_some(), slot.hash));
    }

    pub(super) const fn bytes(&self) -> usize {
        self.slots.bytes()
    }
}

impl<K, V> Index<u32> for Slab<K, V> {
    type Output = Slot<K, V>;

    #[inline]
    fn index(&self, id: u32) -> &Slot<K, V> {
        &self.slots[id]
    }
}

impl<K, V> IndexMut<u32> for Slab<K, V> {
    #[inline]
    fn index_mut(&mut self, id: u32) -> &mut Slot<K, V> {
        &mut self.slots[id]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freed_slot_is_the_next_to_be_used() {
        let mut slab = Slab::new();
        let ids: Vec<u32> = (0..3)
            .map(|n| {
                slab.insert(Slot {
                    entry: Some((n, ())),
                    ..Slot::default()
                })
            })
            .collect();
        assert_eq!(slab.take(ids[1]), Some((1, ())));
        assert_eq!(
            slab.insert(Slot {
                entry: Some((7, ())),
                ..Slot::default()
            }),
            ids[1]
        );
        assert!(slab.has_room());
    }

    #[test]
    fn a_slot_takes_32_bytes_beside_its_entry() {
        assert_eq!(size_of::<Slot<[u8; 32], bytes::Bytes>>(), 96);
    }
}
