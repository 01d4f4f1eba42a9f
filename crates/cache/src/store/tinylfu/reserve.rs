//! [`Reservation`]: room that is set aside while an entry is made.

use std::{borrow::Borrow, fmt, hash::Hash, mem, sync::Arc};

use super::{
    TinyLfu,
    admission::{Departed, Room, Step},
    cache::settle,
    fate::Fate,
    refusal::Refusal,
    shard::Shard,
    slab::NIL,
};

/// Room in a [`TinyLfu`], of which other entries had to leave; it counts against the budget.
///
/// Dropping it gives the room back. What left for it is gone even so.
///
/// ```
/// use std::sync::Arc;
/// use eaves_cache::store::tinylfu::{Config, TinyLfu};
/// use eaves_common::units::ByteSize;
///
/// let cache = Arc::new(TinyLfu::new(Config::new(ByteSize::from_kib(64)).shards(1).entry_cost(0)));
/// let mut room = TinyLfu::reserve(&cache, "page", 1000, &())?;
/// room.grow(500, &())?;
/// assert_eq!((cache.stats().bytes, cache.get("page")), (1500, None));
/// room.commit("page", "text", 1200)?;
/// assert_eq!((cache.stats().bytes, cache.get("page")), (1200, Some("text")));
/// # Ok::<(), eaves_cache::store::tinylfu::Refusal>(())
/// ```
#[must_use = "dropping it gives the room back"]
pub struct Reservation<K, V> {
    cache: Arc<TinyLfu<K, V>>,
    hash: u64,
    /// What every entry costs included.
    weight: u64,
}

impl<K, V> TinyLfu<K, V> {
    /// Sets room aside for an entry of `weight` bytes, as [`insert`](Self::insert) would; whether it is worth the
    /// room is decided now. Another value of the key stays where it is.
    ///
    /// # Errors
    ///
    /// When the entry would not be taken, with the reason.
    pub fn reserve<Q>(
        cache: &Arc<Self>,
        key: &Q,
        weight: u64,
        fate: &impl Fate<K, V>,
    ) -> Result<Reservation<K, V>, Refusal>
    where
        K: Hash + Eq + Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let mut reservation = Reservation {
            cache: Arc::clone(cache),
            hash: cache.hash(key),
            weight: 0,
        };
        reservation.grow(weight.saturating_add(cache.entry_cost), fate)?;
        Ok(reservation)
    }
}

impl<K: Eq, V> Reservation<K, V> {
    /// Sets more room aside. What was set aside before stays so if there is no more.
    ///
    /// # Errors
    ///
    /// When the entry would not be taken with that weight, with the reason.
    pub fn grow(&mut self, more: u64, fate: &impl Fate<K, V>) -> Result<(), Refusal> {
        let total = self.weight.saturating_add(more);
        let room = Room { total, more };
        for _ in 0..ROUNDS {
            let mut gone = Departed::new();
            let step = self
                .cache
                .shard(self.hash)
                .reserve(self.hash, room, fate, &mut gone);
            settle(gone, fate);
            match step {
                Step::Taken => {
                    self.weight = total;
                    return Ok(());
                }
                Step::More => {}
                Step::Refused(refusal) => return Err(refusal),
            }
        }
        let refusal = Refusal::crowded(total, ROUNDS);
        self.cache.shard(self.hash).refuse(refusal);
        Err(refusal)
    }

    /// Puts the entry in, and gives back what it weighs less than was reserved; returns the value that it replaced.
    ///
    /// # Errors
    ///
    /// When it weighs more than was reserved, or the shard has as many entries as it can number.
    pub fn commit(mut self, key: K, value: V, weight: u64) -> Result<Option<V>, Refusal> {
        let weight = weight.saturating_add(self.cache.entry_cost);
        if weight > self.weight {
            return Err(Refusal::Reserved { weight });
        }
        let reserved = mem::take(&mut self.weight);
        self.cache
            .shard(self.hash)
            .fulfil(self.hash, (key, value), weight, reserved)
    }
}

impl<K: Eq, V> Reservation<K, V> {
    /// Like [`commit`](Self::commit), unless another value of the key is there by now; says whether it was put in.
    pub fn commit_if_absent(mut self, key: K, value: V, weight: u64) -> bool {
        let weight = weight.saturating_add(self.cache.entry_cost);
        if weight > self.weight {
            return false;
        }
        let reserved = mem::take(&mut self.weight);
        let mut shard = self.cache.shard(self.hash);
        if shard.peek(self.hash, |other| *other == key).is_some() {
            shard.unreserve(reserved);
            return false;
        }
        shard
            .fulfil(self.hash, (key, value), weight, reserved)
            .is_ok()
    }
}

impl<K, V> Reservation<K, V> {
    /// Returns what is reserved, what every entry costs included.
    #[must_use]
    pub const fn weight(&self) -> u64 {
        self.weight
    }
}

impl<K, V> Drop for Reservation<K, V> {
    fn drop(&mut self) {
        if self.weight > 0 {
            self.cache.shard(self.hash).unreserve(self.weight);
        }
    }
}

impl<K, V> fmt::Debug for Reservation<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reservation")
            .field("weight", &self.weight)
            .finish_non_exhaustive()
    }
}

impl<K, V> Shard<K, V> {
    /// Gives room back that was set aside.
    pub(super) const fn unreserve(&mut self, weight: u64) {
        self.weight -= weight;
        self.reserved -= weight;
    }
}

impl<K: Eq, V> Shard<K, V> {
    /// Sets room aside, which nothing on the heap stands for.
    pub(super) fn reserve(
        &mut self,
        hash: u64,
        room: Room,
        fate: &impl Fate<K, V>,
        gone: &mut Departed<K, V>,
    ) -> Step {
        self.catch_up();
        self.learn(hash);
        let uses = self.sketch.estimate(hash).max(1);
        let step = self.make_room(room, uses, fate, gone);
        match step {
            Step::Taken => {
                self.weight += room.more;
                self.reserved += room.more;
            }
            Step::More => {}
            Step::Refused(refusal) => {
                self.refuse(refusal);
                self.haunt(hash, room.total, uses);
            }
        }
        step
    }

    /// Puts an entry in for which room was set aside.
    pub(super) fn fulfil(
        &mut self,
        hash: u64,
        (key, mut value): (K, V),
        weight: u64,
        reserved: u64,
    ) -> Result<Option<V>, Refusal> {
        self.unreserve(reserved);
        let id = self.index.find(&self.slab, hash, |other| *other == key);
        if id != NIL {
            // It fits: what it takes is no more than was reserved beside the other value.
            return if self.swap(id, &mut value, weight) {
                Ok(Some(value))
            } else {
                Err(Refusal::Reserved { weight })
            };
        }
        if !self.slab.has_room() {
            let refusal = Refusal::Crowded { weight, victims: 0 };
            self.refuse(refusal);
            return Err(refusal);
        }
        let uses = self.sketch.estimate(hash).max(1);
        self.add(hash, Some((key, value)), weight, uses);
        Ok(None)
    }

    /// Changes a value in place and gives it another weight; `change` returns `None` to leave it as it is. Others leave
    /// if it grew, or it does itself if that is not enough. Says whether it was changed.
    pub(super) fn update(
        &mut self,
        (hash, is_it): (u64, impl Fn(&K) -> bool),
        change: impl FnOnce(&mut V) -> Option<u64>,
        fate: &impl Fate<K, V>,
        gone: &mut Departed<K, V>,
    ) -> bool {
        let id = self.index.find(&self.slab, hash, is_it);
        if id == NIL {
            return false;
        }
        let slot = &mut self.slab[id];
        let Some(weight) = slot.entry.as_mut().and_then(|(_, value)| change(value)) else {
            return false;
        };
        let was = slot.weight;
        self.heap.remove(id);
        let others = self.weight - was;
        let need = (others + weight).saturating_sub(self.budget);
        self.choose(need, f64::INFINITY, fate, gone);
        self.evict(gone);
        let others = self.weight - was;
        if others + weight > self.budget {
            self.counts.removed += 1;
            gone.dead.extend(self.take(id));
            return true;
        }
        self.weight = others + weight;
        self.slab[id].weight = weight;
        let due = self.due(id);
        self.heap.push(id, due);
        true
    }
}

/// Critical sections that one reservation may take: an object of megabytes among such of kilobytes displaces
/// thousands, and whoever reserves is about to wait for an origin anyway.
const ROUNDS: u32 = 64;
