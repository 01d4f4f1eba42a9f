//! [`TinyLfu`]: the shards behind one front.

use std::{
    borrow::Borrow,
    fmt,
    hash::{BuildHasher as _, Hash},
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use eaves_common::units::ByteSize;
use foldhash::{SharedSeed, quality::SeedableRandomState};

use super::{
    admission::{Departed, LOOKS, Offer, Step},
    config::{Config, Goal},
    refusal::Refusal,
    shard::Shard,
    slab::Slot,
    stats::Stats,
    worth::Worth,
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
/// assert_eq!(cache.stats().hits(), 1);
/// # Ok::<(), eaves_cache::store::tinylfu::Refusal>(())
/// ```
pub struct TinyLfu<K, V> {
    shards: Box<[Padded<Shard<K, V>>]>,
    hasher: SeedableRandomState,
    goal: Goal,
    budget: u64,
    entry_cost: u64,
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
        let mut stats = Stats::new(self.entry_cost);
        for shard in &self.shards {
            let shard = shard.lock();
            let tables = shard.table_bytes() as u64;
            stats.add(&shard.counts, shard.len(), shard.weight, tables);
        }
        stats
    }

    /// Removes all entries and forgets what was learnt; counts stay.
    pub fn clear(&self) {
        for shard in &self.shards {
            let budget = self.budget / self.shards.len() as u64;
            let mut fresh = Shard::new(budget, Worth::new(self.goal));
            let mut shard = shard.lock();
            fresh.counts = mem::take(&mut shard.counts);
            fresh.counts.removed += u64::from(shard.len());
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
                0 => shard.offer(&mut offer, &is_dead, &mut gone),
                _ => shard.offer_again(&mut offer, &is_dead, &mut gone),
            };
            drop(shard);
            replaced = gone.replaced.take().or(replaced);
            match step {
                Step::Taken => return Ok(replaced),
                Step::More => {}
                Step::Refused(refusal) => return Err(refusal),
            }
        }
        let refusal = Refusal::Crowded {
            weight: offer.weight,
            victims: ROUNDS * LOOKS,
        };
        self.shard(offer.hash).refuse(refusal);
        Err(refusal)
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

    #[inline]
    fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.hasher.hash_one(key)
    }

    #[inline]
    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard<K, V>> {
        self.shards[(hash >> 52) as usize & (self.shards.len() - 1)].lock()
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

/// Bytes per entry of index (8), heap (16), sketch (16) and ghosts (4), each at most.
const TABLES: u64 = 44;

/// Keeps the locks of two shards off one cache line, and off the pair that is fetched together.
#[repr(align(128))]
struct Padded<T>(Mutex<T>);

impl<T> Padded<T> {
    /// Locks. A panic under the lock can only come from a key's `Eq`, a value's `Clone` or a caller's
    /// closure, all of which are called before anything is changed: the tables are whole.
    #[inline]
    fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
