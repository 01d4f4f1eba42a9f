//! [`Config`]: what a cache is told at construction.

use eaves_common::units::ByteSize;

/// How large a [`TinyLfu`](super::TinyLfu) is and what it strives for.
///
/// ```
/// use eaves_cache::store::tinylfu::{Config, Goal};
/// use eaves_common::units::ByteSize;
///
/// let config = Config::new(ByteSize::from_mib(64)).goal(Goal::Bytes).shards(32);
/// assert_eq!(config.budget(), ByteSize::from_mib(64));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Config {
    pub(super) budget: ByteSize,
    pub(super) goal: Goal,
    pub(super) shards: usize,
    pub(super) seed: u64,
    pub(super) entry_cost: Option<u64>,
}

impl Config {
    /// Starts from a budget: objects as the goal, 16 shards, and a fixed seed.
    pub const fn new(budget: ByteSize) -> Self {
        Self {
            budget,
            goal: Goal::Objects,
            shards: 16,
            seed: 0,
            entry_cost: None,
        }
    }

    /// Sets what is to be kept.
    pub const fn goal(mut self, goal: Goal) -> Self {
        self.goal = goal;
        self
    }

    /// Sets the number of shards: rounded up to a power of two, at least 1 and at most 4096.
    ///
    /// Four per core keep threads apart. Each shard has its part of the budget, and an object larger
    /// than that is refused: few shards suit a small budget for large objects.
    pub const fn shards(mut self, shards: usize) -> Self {
        self.shards = if shards > 4096 {
            4096
        } else {
            shards.next_power_of_two()
        };
        self
    }

    /// Sets the seed of the hash, which should be secret and new in each process wherever keys come
    /// from a network: who knows it can choose keys that collide.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets what each entry counts beside its weight, in place of
    /// [`TinyLfu::ENTRY_COST`](super::TinyLfu::ENTRY_COST).
    ///
    /// With 0 the budget bounds the weights alone, as simulations want it, and the memory of the
    /// tables comes on top.
    pub const fn entry_cost(mut self, bytes: u64) -> Self {
        self.entry_cost = Some(bytes);
        self
    }

    /// Returns the budget.
    #[must_use]
    pub const fn budget(&self) -> ByteSize {
        self.budget
    }
}

/// What a cache strives for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Goal {
    /// The share of bytes served from the cache: for a disk, or in front of an origin short of bandwidth.
    Bytes,
    /// The share of requests served from the cache: many small objects rather than few large ones.
    #[default]
    Objects,
}
