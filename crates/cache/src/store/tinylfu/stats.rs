//! [`Stats`]: what a cache has counted.

/// What a [`TinyLfu`](super::TinyLfu) has counted since it was made, and what it holds.
///
/// Counting costs nothing that can be measured: the counters lie beside what a lookup reads anyway.
///
/// ```
/// use eaves_cache::store::tinylfu::{Config, TinyLfu};
/// use eaves_common::units::ByteSize;
///
/// let cache = TinyLfu::new(Config::new(ByteSize::from_mib(1)));
/// cache.get("absent");
/// cache.insert("there", (), 100)?;
/// cache.get("there");
/// let stats = cache.stats();
/// assert_eq!((stats.hits(), stats.misses(), stats.hit_ratio()), (1, 1, Some(0.5)));
/// assert_eq!(stats.saved_bytes(), 100);
/// # Ok::<(), eaves_cache::store::tinylfu::Refusal>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Stats {
    counts: Counts,
    entry_cost: u64,
    entries: u64,
    weight: u64,
    table_bytes: u64,
    /// Lookups of each shard.
    lookups: Vec<u64>,
}

/// The counters of a shard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) hits: u64,
    pub(super) hit_weight: u64,
    pub(super) misses: u64,
    pub(super) inserted: u64,
    pub(super) replaced: u64,
    pub(super) removed: u64,
    pub(super) returned: u64,
    pub(super) evicted: u64,
    pub(super) evicted_weight: u64,
    pub(super) dead: u64,
    pub(super) crowded: u64,
    pub(super) outvalued: u64,
    pub(super) too_large: u64,
}

impl Stats {
    pub(super) fn new(entry_cost: u64) -> Self {
        Self {
            counts: Counts::default(),
            entry_cost,
            entries: 0,
            weight: 0,
            table_bytes: 0,
            lookups: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, counts: &Counts, entries: u32, weight: u64, table_bytes: u64) {
        self.counts.add(counts);
        self.entries += u64::from(entries);
        self.weight += weight;
        self.table_bytes += table_bytes;
        self.lookups.push(counts.hits + counts.misses);
    }

    /// Lookups that found an entry.
    #[must_use]
    pub const fn hits(&self) -> u64 {
        self.counts.hits
    }

    /// Lookups that found none.
    #[must_use]
    pub const fn misses(&self) -> u64 {
        self.counts.misses
    }

    /// Hits among lookups, `None` before the first.
    #[must_use]
    pub fn hit_ratio(&self) -> Option<f64> {
        let lookups = self.hits() + self.misses();
        (lookups > 0).then(|| self.hits() as f64 / lookups as f64)
    }

    /// Bytes of the entries that were found, by the weights given: what an origin did not have to send.
    #[must_use]
    pub const fn saved_bytes(&self) -> u64 {
        self.counts.hit_weight - self.counts.hits * self.entry_cost
    }

    /// Entries that were admitted.
    #[must_use]
    pub const fn admitted(&self) -> u64 {
        self.counts.inserted
    }

    /// Entries that took the place of an older value of their key.
    #[must_use]
    pub const fn replaced(&self) -> u64 {
        self.counts.replaced
    }

    /// Offers of a key that had left or been refused lately: entries that a larger budget would have kept.
    #[must_use]
    pub const fn returned(&self) -> u64 {
        self.counts.returned
    }

    /// Entries evicted to make room.
    #[must_use]
    pub const fn evicted(&self) -> u64 {
        self.counts.evicted
    }

    /// Bytes of the entries evicted to make room, with what each cost.
    #[must_use]
    pub const fn evicted_bytes(&self) -> u64 {
        self.counts.evicted_weight
    }

    /// Entries that left because they were known dead.
    #[must_use]
    pub const fn dead(&self) -> u64 {
        self.counts.dead
    }

    /// Entries that were removed by their key.
    #[must_use]
    pub const fn removed(&self) -> u64 {
        self.counts.removed
    }

    /// Offers refused since what would have had to leave was worth more.
    #[must_use]
    pub const fn outvalued(&self) -> u64 {
        self.counts.outvalued
    }

    /// Offers refused since too many small entries would have had to leave.
    #[must_use]
    pub const fn crowded(&self) -> u64 {
        self.counts.crowded
    }

    /// Offers refused since they exceed a shard's budget.
    #[must_use]
    pub const fn too_large(&self) -> u64 {
        self.counts.too_large
    }

    /// Entries held.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// Bytes that count against the budget.
    #[must_use]
    pub const fn weight(&self) -> u64 {
        self.weight
    }

    /// Bytes that the tables take, keys and values included, what these own elsewhere not.
    #[must_use]
    pub const fn table_bytes(&self) -> u64 {
        self.table_bytes
    }

    /// Mean stay of an entry in lookups: entries held, times lookups, by evictions (Little's law);
    /// `None` before the first eviction.
    ///
    /// Times the seconds per lookup it is the mean age at eviction.
    #[must_use]
    pub fn mean_stay(&self) -> Option<f64> {
        let lookups = (self.hits() + self.misses()) as f64;
        (self.evicted() > 0).then(|| self.entries as f64 * lookups / self.evicted() as f64)
    }

    /// Lookups of the busiest shard, as a multiple of the mean; 1 is even, `None` before the first.
    #[must_use]
    pub fn skew(&self) -> Option<f64> {
        let total: u64 = self.lookups.iter().sum();
        let most = self.lookups.iter().max()?;
        (total > 0).then(|| *most as f64 * self.lookups.len() as f64 / total as f64)
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.hits += other.hits;
        self.hit_weight += other.hit_weight;
        self.misses += other.misses;
        self.inserted += other.inserted;
        self.replaced += other.replaced;
        self.removed += other.removed;
        self.returned += other.returned;
        self.evicted += other.evicted;
        self.evicted_weight += other.evicted_weight;
        self.dead += other.dead;
        self.crowded += other.crowded;
        self.outvalued += other.outvalued;
        self.too_large += other.too_large;
    }
}
