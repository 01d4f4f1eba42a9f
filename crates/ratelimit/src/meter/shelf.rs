//! [`Shelf`]: a fixed number of slots for states of more than one word.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use super::Reading;
use crate::{
    key::KeyHash,
    table::{Capacity, Occupancy, bucket_of},
};

/// Slots per lock; a key lives in the bucket its hash picks.
const WAYS: usize = 4;

/// What a meter keeps of one key.
pub(super) trait State: Clone {
    /// Empties it for another key; allocates nothing.
    fn clear(&mut self);

    /// How much counts at `now`: in a full bucket the key with the least goes.
    fn used(&self, now: u64) -> u64;
}

/// Buckets of slots, each behind a lock that is held for one key's arithmetic only.
///
/// Slots keep the whole hash, so keys are confused as rarely as 64-bit hashes collide.
pub(super) struct Shelf<S> {
    buckets: Box<[Mutex<Bucket<S>>]>,
    empty: S,
}

struct Bucket<S> {
    slots: [Slot<S>; WAYS],
    evicted: u64,
}

#[derive(Clone)]
struct Slot<S> {
    key: Option<KeyHash>,
    state: S,
}

impl<S: State> Shelf<S> {
    /// Takes the memory for all slots at once, as copies of an empty state.
    pub(super) fn new(capacity: Capacity, empty: S) -> Self {
        let slot = Slot {
            key: None,
            state: empty.clone(),
        };
        let bucket = || Bucket {
            slots: std::array::from_fn(|_| slot.clone()),
            evicted: 0,
        };
        let buckets = (0..capacity.cells().div_ceil(WAYS)).map(|_| Mutex::new(bucket()));
        Self {
            buckets: buckets.collect(),
            empty,
        }
    }

    /// Looks at a key's state, which is empty if the key has none.
    pub(super) fn look<R>(&self, key: KeyHash, look: impl FnOnce(&S) -> R) -> R {
        self.locked(key, |bucket| look(bucket.state(key).unwrap_or(&self.empty)))
    }

    /// Judges a key's state, and counts what is allowed; nothing changes otherwise.
    pub(super) fn take<'a>(
        &self,
        key: KeyHash,
        now: u64,
        judge: impl FnOnce(&S) -> Reading<'a>,
        count: impl FnOnce(&mut S),
    ) -> Reading<'a> {
        self.locked(key, |bucket| {
            let reading = judge(bucket.state(key).unwrap_or(&self.empty));
            if reading.is_allowed() && reading.cost() > 0 {
                count(bucket.state_or_insert(key, now));
            }
            reading
        })
    }

    /// Changes a key's state if it has one.
    pub(super) fn change(&self, key: KeyHash, change: impl FnOnce(&mut S)) {
        self.locked(key, |bucket| {
            if let Some(slot) = bucket.slots.iter_mut().find(|slot| slot.key == Some(key)) {
                change(&mut slot.state);
            }
        });
    }

    /// Counts the slots; `own` is what each state has allocated for itself.
    pub(super) fn occupancy(&self, now: u64, own: usize) -> Occupancy {
        let mut occupancy = Occupancy {
            cells: self.buckets.len() * WAYS,
            bytes: size_of_val(&*self.buckets) + self.buckets.len() * WAYS * own,
            ..Occupancy::default()
        };
        for bucket in &self.buckets {
            let bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
            let owing = |slot: &&Slot<S>| slot.key.is_some() && slot.state.used(now) > 0;
            occupancy.owing += bucket.slots.iter().filter(owing).count();
            occupancy.evicted += bucket.evicted;
        }
        occupancy
    }

    fn locked<R>(&self, key: KeyHash, work: impl FnOnce(&mut Bucket<S>) -> R) -> R {
        let at = bucket_of(key.as_u64(), self.buckets.len());
        // States are plain numbers, which are valid after a panic elsewhere.
        let mut bucket = self.buckets[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        work(&mut bucket)
    }
}

impl<S: State> Bucket<S> {
    fn state(&self, key: KeyHash) -> Option<&S> {
        let slot = self.slots.iter().find(|slot| slot.key == Some(key));
        slot.map(|slot| &slot.state)
    }

    /// The key's state; a key that has none takes the slot of whoever uses least.
    fn state_or_insert(&mut self, key: KeyHash, now: u64) -> &mut S {
        let known = self.slots.iter().position(|slot| slot.key == Some(key));
        let at = known.unwrap_or_else(|| self.clear_least(now));
        let slot = &mut self.slots[at];
        slot.key = Some(key);
        &mut slot.state
    }

    fn clear_least(&mut self, now: u64) -> usize {
        let used = |slot: &Slot<S>| slot.key.map_or(0, |_| slot.state.used(now));
        let at = (0..WAYS)
            .min_by_key(|at| used(&self.slots[*at]))
            .unwrap_or(0);
        self.evicted += u64::from(used(&self.slots[at]) > 0);
        self.slots[at].state.clear();
        at
    }
}

impl<S> fmt::Debug for Shelf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = self.buckets.len() * WAYS;
        f.debug_struct("Shelf")
            .field("slots", &slots)
            .finish_non_exhaustive()
    }
}
