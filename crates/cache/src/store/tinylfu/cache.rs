//! [`TinyLfu`]: the shards behind one front.

use std::{
    borrow::Borrow,
    fmt,
    hash::{BuildHasher as _, Hash},
    mem,
    sync::PoisonError,
};

use eaves_common::units::ByteSize;
use foldhash::{SharedSeed, quality::SeedableRandomState};

use super::{
    admission::{Departed, Offer, Step},
    config::{Config, Goal},
    fate::{Dead, Fate},
    refusal::Refusal,
    shard::Shard,
    slab::Slot,
    worth::Worth,
};
use crate::{
    stats::Stats,
    sync::{Mutex, MutexGuard},
};

/// A sharded in-memory cache of a byte budget; which entries stay is decided by size and frequency.
///
/// Values are cloned out: let them be cheap to clone (`Bytes`, `Arc<_>`). Keys and values that leave
/// are dropped by the caller that displaced them, when no lock is held. An insertion may be refused;
/// the old value of the key is gone even so.
///
/// ```
/// use eaves_cache::store::tinylfu::{Config, TinyLfu};
/// use eaves_common::units::ByteSize;
///
/// let cache = TinyLfu::new(Config::new(ByteSize::from_mib(64)).seed(0x5EED));
/// assert_eq!(cache.get("/logo.svg"), None);
/// cache.insert("/logo.svg".to_owned(), bytes::Bytes::from_static(b"<svg/>"), 6 + 9)?;
/// assert_eq!(cache.get("/logo.svg").as_deref(), Some(&b"<svg/>"[..]));
/// assert_eq!(cache.stats().hits, 1);
/// # Ok::<(), eaves_cache::store::tinylfu::Refusal>(())
/// ```
pub struct TinyLfu<K, V> {
    pub(super) shards: Box<[Padded<Shard<K, V>>]>,
    hasher: SeedableRandomState,
    goal: Goal,
    budget: u64,
    pub(super) entry_cost: u64,
}

impl<K, V> TinyLfu<K, V> {
    /// Bytes that an entry takes beside what its key and value own: slot, index, heap, sketch.
    pub const ENTRY_COST: u64 = size_of::<Slot<K, V>>() as u64 + TABLES;

    /// Makes an empty cache.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let budget = config.budget.as_u64();
        let part = budget / config.shards as u64;
        let shard = |_| Padded(Mutex::new(Shard::new(part, Worth::new(config.goal))));
        Self {
            shards: (0..config.shards).map(shard).collect(),
            hasher: SeedableRandomState::with_seed(config.seed, SharedSeed::global_fixed()),
            goal: config.goal,
            budget,
            entry_cost: config.entry_cost.unwrap_or(Self::ENTRY_COST),
        }
    }

    /// Returns the budget.
    #[must_use]
    pub const fn budget(&self) -> ByteSize {
        ByteSize::from_bytes(self.budget)
    }

    /// Returns the largest weight that an entry can have to be taken at all.
    #[must_use]
    pub const fn largest(&self) -> u64 {
        (self.budget / self.shards.len() as u64).saturating_sub(self.entry_cost)
    }

    /// Counts the entries. Takes each lock in turn, so that the sum may be true of no moment.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| shard.lock().len() as usize)
            .sum()
    }

    /// Says whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what has been counted since the cache was made.
    pub fn stats(&self) -> Stats {
        let mut stats = Stats::of_budget(self.budget);
        for shard in &self.shards {
            let shard = shard.lock();
            shard.lookups.add_to(&mut stats, self.entry_cost);
            shard.counts.add_to(&mut stats);
            stats.entries += u64::from(shard.len());
            stats.bytes += shard.weight;
            stats.table_bytes += shard.table_bytes() as u64;
        }
        stats
    }

    /// Removes all entries and forgets what was learnt; counts stay.
    pub fn clear(&self) {
        for shard in &self.shards {
            let budget = self.budget / self.shards.len() as u64;
            let mut fresh = Shard::new(budget, Worth::new(self.goal));
            let mut shard = shard.lock();
            fresh.lookups = mem::take(&mut shard.lookups);
            fresh.counts = mem::take(&mut shard.counts);
            fresh.counts.removed += u64::from(shard.len());
            fresh.weight = shard.reserved;
            fresh.reserved = shard.reserved;
            let old = mem::replace(&mut *shard, fresh);
            drop(shard);
            drop(old);
        }
    }
}

impl<K: Hash + Eq, V> TinyLfu<K, V> {
    /// Returns the value of a key, and counts a hit or a miss.
    #[inline]
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
        V: Clone,
    {
        let hash = self.hash(key);
        self.shard(hash)
            .get(hash, |other| other.borrow() == key)
            .cloned()
    }

    /// Reads the value of a key under the lock, for what is dear to clone; counts a hit or a miss.
    ///
    /// `read` should copy a little and must not use the cache.
    #[inline]
    pub fn read<Q, R>(&self, key: &Q, read: impl FnOnce(&V) -> R) -> Option<R>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hash(key);
        self.shard(hash)
            .get(hash, |other| other.borrow() == key)
            .map(read)
    }

    /// Returns the value of a key and counts nothing.
    pub fn peek<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
        V: Clone,
    {
        let hash = self.hash(key);
        self.shard(hash)
            .peek(hash, |other| other.borrow() == key)
            .cloned()
    }

    /// Reads the value of a key under the lock and counts nothing.
    pub fn peek_with<Q, R>(&self, key: &Q, read: impl FnOnce(&V) -> R) -> Option<R>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hash(key);
        self.shard(hash)
            .peek(hash, |other| other.borrow() == key)
            .map(read)
    }

    /// Offers an entry of `weight` bytes (what key and value own); returns the value that it replaced.
    ///
    /// Whether the key was asked for before counts: look it up with [`get`](Self::get) first, as a
    /// cache does.
    ///
    /// # Errors
    ///
    /// When the entry is not taken, with the reason. An older value of the key is gone nevertheless.
    pub fn insert(&self, key: K, value: V, weight: u64) -> Result<Option<V>, Refusal> {
        self.insert_over(key, value, weight, |_, _| false)
    }

    /// Like [`insert`](Self::insert); entries of which `is_dead` says so leave first, where the
    /// search for room meets them, whatever they were worth.
    ///
    /// `is_dead` is called under a lock: it should compare a number or two, and must not use the cache.
    ///
    /// # Errors
    ///
    /// When the entry is not taken, with the reason. An older value of the key is gone nevertheless.
    pub fn insert_over(
        &self,
        key: K,
        value: V,
        weight: u64,
        is_dead: impl Fn(&K, &V) -> bool,
    ) -> Result<Option<V>, Refusal> {
        self.insert_with(key, value, weight, &Dead(is_dead))
    }

    /// Like [`insert`](Self::insert); `fate` is asked about what may leave, and told what did.
    ///
    /// # Errors
    ///
    /// When the entry is not taken, with the reason. An older value of the key is gone nevertheless.
    pub fn insert_with(
        &self,
        key: K,
        value: V,
        weight: u64,
        fate: &impl Fate<K, V>,
    ) -> Result<Option<V>, Refusal> {
        let mut offer = Offer {
            hash: self.hash(&key),
            entry: Some((key, value)),
            weight: weight.saturating_add(self.entry_cost),
            uses: 0,
        };
        let mut replaced = None;
        for round in 0..ROUNDS {
            let mut gone = Departed::new();
            let mut shard = self.shard(offer.hash);
            let step = match round {
                0 => shard.offer(&mut offer, fate, &mut gone),
                _ => shard.offer_again(&mut offer, fate, &mut gone),
            };
            drop(shard);
            replaced = gone.replaced.take().or(replaced);
            settle(gone, fate);
            match step {
                Step::Taken => {
                    return Ok(offer.entry.map(|(_, value)| value).or(replaced));
                }
                Step::More => {}
                Step::Refused(refusal) => return Err(refusal),
            }
        }
        let refusal = Refusal::crowded(offer.weight, ROUNDS);
        self.shard(offer.hash).refuse(refusal);
        Err(refusal)
    }

    /// Changes a value in place. `change` returns its weight from then on, or `None` to leave it as it is; it is called
    /// under a lock. Says whether it was there and was changed.
    ///
    /// If the entry grew, others leave; one that outgrows its shard leaves itself.
    pub fn update<Q>(
        &self,
        key: &Q,
        change: impl FnOnce(&mut V) -> Option<u64>,
        fate: &impl Fate<K, V>,
    ) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hash(key);
        let mut gone = Departed::new();
        let cost = self.entry_cost;
        let weigh = |value: &mut V| change(value).map(|weight| weight.saturating_add(cost));
        let it = (hash, |other: &K| other.borrow() == key);
        let changed = self.shard(hash).update(it, weigh, fate, &mut gone);
        settle(gone, fate);
        changed
    }

    /// Estimates how often a key was asked for lately, resident or not, up to 15.
    #[must_use]
    pub fn uses<Q>(&self, key: &Q) -> u8
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hash(key);
        self.shard(hash).uses(hash, |other| other.borrow() == key)
    }

    /// Removes an entry if `is_it` knows its value, and returns that. `is_it` is called under a lock.
    pub fn remove_if<Q>(&self, key: &Q, is_it: impl FnOnce(&V) -> bool) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hash(key);
        let mut shard = self.shard(hash);
        if !shard
            .peek(hash, |other| other.borrow() == key)
            .is_some_and(is_it)
        {
            return None;
        }
        let entry = shard.remove(hash, |other| other.borrow() == key);
        drop(shard);
        entry.map(|(_, value)| value)
    }

    /// Removes an entry and returns its value.
    pub fn remove<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hash(key);
        let entry = self.shard(hash).remove(hash, |other| other.borrow() == key);
        entry.map(|(_, value)| value)
    }

    /// Makes an entry worth nothing until it is used again: it can be found, and is the first to leave.
    ///
    /// Says whether it is there. For entries known dead, which may yet be revalidated.
    pub fn demote<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hash(key);
        self.shard(hash).demote(hash, |other| other.borrow() == key)
    }
}

impl<K, V> TinyLfu<K, V> {
    #[inline]
    pub(super) fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.hasher.hash_one(key)
    }

    #[inline]
    pub(super) fn shard(&self, hash: u64) -> MutexGuard<'_, Shard<K, V>> {
        self.shards[(hash >> 52) as usize & (self.shards.len() - 1)].lock()
    }
}

/// Hands on what was evicted, now that no lock is held.
pub(super) fn settle<K, V>(gone: Departed<K, V>, fate: &impl Fate<K, V>) {
    for (key, value) in gone.evicted() {
        fate.left(key, value);
    }
}

impl<K, V> fmt::Debug for TinyLfu<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TinyLfu")
            .field("budget", &self.budget())
            .field("goal", &self.goal)
            .field("shards", &self.shards.len())
            .finish_non_exhaustive()
    }
}

/// Critical sections that one insertion may take to make room.
const ROUNDS: u32 = 4;

/// Bytes per entry of index (7), heap (17), sketch (16) and ghosts (4), each at most.
const TABLES: u64 = 44;

/// Keeps the locks of two shards off one cache line, and off the pair that is fetched together.
#[repr(align(128))]
pub(super) struct Padded<T>(Mutex<T>);

impl<T> Padded<T> {
    /// Locks. A panic under the lock can only come from a key's `Eq`, a value's `Clone` or a caller's
    /// closure, all of which are called before anything is changed: the tables are whole.
    #[inline]
    pub(super) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
