//! [`Shard`]: one lock's worth of a cache.

use std::mem;

use super::{
    counts::{Counts, Lookups},
    ghost::{Ghost, Ghosts},
    heap::Heap,
    index::Index,
    sketch::{MOST, Sketch},
    slab::{NIL, Slab, Slot},
    worth::Worth,
};

/// A part of the cache with its own budget, tables and policy.
///
/// In the order in which a hit needs it: what a hit writes shares the lock's cache line, and what it reads follows.
/// Each further line that one core writes is one that the next core waits for.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Shard<K, V> {
    pub(super) lookups: Lookups,
    /// Uses that the sketch has not aged by.
    unaged: u32,
    /// The sketch's epoch.
    epoch: u8,
    /// The highest due point evicted so far: what newcomers and used entries start from.
    pub(super) age: f64,
    pub(super) index: Index,
    pub(super) slab: Slab<K, V>,
    pub(super) heap: Heap,
    pub(super) sketch: Sketch,
    pub(super) ghosts: Ghosts,
    pub(super) worth: Worth,
    pub(super) budget: u64,
    /// Of entries, and of what is reserved.
    pub(super) weight: u64,
    pub(super) reserved: u64,
    pub(super) counts: Counts,
    /// Room to note victims in, kept between calls.
    pub(super) victims: Vec<(u32, f64)>,
}

impl<K, V> Shard<K, V> {
    pub(super) fn new(budget: u64, worth: Worth) -> Self {
        Self {
            lookups: Lookups::default(),
            unaged: 0,
            epoch: 0,
            age: 0.0,
            index: Index::new(),
            slab: Slab::new(),
            heap: Heap::new(),
            sketch: Sketch::new(),
            ghosts: Ghosts::new(budget),
            worth,
            budget,
            weight: 0,
            reserved: 0,
            counts: Counts::default(),
            victims: Vec::new(),
        }
    }

    pub(super) const fn len(&self) -> u32 {
        self.index.len()
    }

    /// Bytes that the tables take, entries included, what entries own on the heap not.
    pub(super) const fn table_bytes(&self) -> usize {
        self.slab.bytes()
            + self.index.bytes()
            + self.heap.bytes()
            + self.sketch.bytes()
            + self.ghosts.bytes()
    }

    /// Looks an entry up and counts the use.
    #[inline]
    pub(super) fn get(&mut self, hash: u64, is_it: impl Fn(&K) -> bool) -> Option<&V> {
        self.unaged = self.unaged.saturating_add(1);
        let id = self.index.find(&self.slab, hash, is_it);
        if id == NIL {
            self.lookups.misses += 1;
            self.sketch.add(hash);
            return None;
        }
        self.touch(id);
        let slot = &self.slab[id];
        self.lookups.hits += 1;
        self.lookups.hit_weight += slot.weight;
        slot.entry.as_ref().map(|(_, value)| value)
    }

    /// Looks an entry up and leaves no trace.
    pub(super) fn peek(&self, hash: u64, is_it: impl Fn(&K) -> bool) -> Option<&V> {
        match self.index.find(&self.slab, hash, is_it) {
            NIL => None,
            id => self.slab[id].entry.as_ref().map(|(_, value)| value),
        }
    }

    /// How often a key was asked for lately.
    pub(super) fn uses(&self, hash: u64, is_it: impl Fn(&K) -> bool) -> u8 {
        match self.index.find(&self.slab, hash, is_it) {
            NIL => self.sketch.estimate(hash),
            id => self.slab[id].uses_in(self.sketch.epoch()),
        }
    }

    pub(super) fn remove(&mut self, hash: u64, is_it: impl Fn(&K) -> bool) -> Option<(K, V)> {
        let id = self.index.find(&self.slab, hash, is_it);
        if id == NIL {
            return None;
        }
        self.heap.remove(id);
        self.counts.removed += 1;
        self.take(id)
    }

    /// Makes an entry the first to leave, until it is used again.
    pub(super) fn demote(&mut self, hash: u64, is_it: impl Fn(&K) -> bool) -> bool {
        let id = self.index.find(&self.slab, hash, is_it);
        if id == NIL {
            return false;
        }
        let slot = &mut self.slab[id];
        slot.uses = 0;
        slot.touched = false;
        self.heap.change(id, f64::NEG_INFINITY);
        true
    }

    /// Changes places with the value of slot `id`, if the difference in weight fits; says whether it did.
    pub(super) fn swap(&mut self, id: u32, value: &mut V, weight: u64) -> bool {
        let others = self.weight - self.slab[id].weight;
        if others + weight > self.budget {
            return false;
        }
        self.weight = others + weight;
        self.touch(id);
        let slot = &mut self.slab[id];
        let grew = weight > slot.weight;
        slot.weight = weight;
        self.counts.replaced += 1;
        if let Some((_, old)) = &mut slot.entry {
            mem::swap(old, value);
        }
        if grew {
            // It may be due earlier than the heap has it; what is due later is made good when it comes up.
            self.put_off(id);
        }
        true
    }

    /// Adds an entry for which there is room, and whose key is not there.
    pub(super) fn add(&mut self, hash: u64, entry: Option<(K, V)>, weight: u64, uses: u8) {
        let id = self.slab.insert(Slot {
            entry,
            hash,
            weight,
            base: self.age,
            uses,
            epoch: self.sketch.epoch(),
            ..Slot::default()
        });
        self.index.insert(&mut self.slab, id);
        self.heap.push(id, self.due(id));
        self.weight += weight;
        self.counts.inserted += 1;
        self.sketch.grow(self.len());
        self.ghosts.grow(self.len());
    }

    /// Has all fetched at once that it takes to let an entry in, where each would be waited for in its turn.
    #[inline]
    pub(super) fn foresee(&self, hash: u64) {
        self.ghosts.touch(hash);
        self.sketch.touch(hash);
        if let Some((id, _)) = self.heap.first() {
            self.slab.touch(id);
        }
    }

    /// Learns from a key that asks to be let in and left lately.
    pub(super) fn learn(&mut self, hash: u64) {
        if let Some(ghost) = self.ghosts.take(hash) {
            self.counts.returned += 1;
            self.worth.learn(ghost, self.len());
        }
    }

    /// Lets the sketch age by the uses since the last time.
    pub(super) fn catch_up(&mut self) {
        let uses = mem::take(&mut self.unaged);
        self.sketch.age(uses, self.index.len(), self.worth.period());
        self.epoch = self.sketch.epoch();
    }

    /// Moves slot `id` to where its uses put it in the heap; returns when it is due.
    pub(super) fn put_off(&mut self, id: u32) -> f64 {
        self.slab[id].touched = false;
        let due = self.due(id);
        self.heap.change(id, due);
        due
    }

    /// Takes an entry, which is not on the heap, out of all other tables, and remembers its uses.
    pub(super) fn take(&mut self, id: u32) -> Option<(K, V)> {
        let slot = &self.slab[id];
        let (hash, weight, uses) = (slot.hash, slot.weight, slot.uses_in(self.sketch.epoch()));
        self.sketch.raise(hash, uses);
        self.index.remove(&mut self.slab, id);
        self.weight -= weight;
        self.slab.take(id)
    }

    /// Remembers that a key of so many uses was evicted or refused.
    pub(super) fn haunt(&mut self, hash: u64, weight: u64, uses: u8) {
        let ghost = if uses > 1 { Ghost::Often } else { Ghost::Once };
        self.ghosts.add(hash, weight, ghost);
    }

    /// Counts a use. What is used often is mostly as it would be written already: its line then stays shared between
    /// cores.
    #[inline]
    fn touch(&mut self, id: u32) {
        let (age, epoch) = (self.age, self.epoch);
        let slot = &mut self.slab[id];
        let uses = (slot.uses_in(epoch) + 1).min(FULL);
        if slot.uses == uses && slot.epoch == epoch && slot.touched && slot.base == age {
            return;
        }
        slot.uses = uses;
        slot.epoch = epoch;
        slot.touched = true;
        slot.base = age;
    }

    pub(super) fn due(&self, id: u32) -> f64 {
        let slot = &self.slab[id];
        slot.base
            + self
                .worth
                .of(slot.uses_in(self.sketch.epoch()), slot.weight)
    }
}

/// Uses that are counted while an entry stays. More would be worth no more ([`MOST`]), and be forgotten later.
const FULL: u8 = MOST;
