//! What grows out of a sketch's seed: the hash of keys and the dice of decay.

use std::hash::Hash;

use crate::key::KeyHasher;

/// Hashes keys alike wherever the seed is the same, and unforeseeably where it is not known.
#[derive(Clone)]
pub(super) struct SeededHash {
    hasher: KeyHasher,
    tag: u64,
}

impl SeededHash {
    pub(super) fn new(seed: u128) -> Self {
        let hasher = KeyHasher::with_seed(seed);
        let tag = hasher.hash("the seed of a sketch").as_u64();
        Self { hasher, tag }
    }

    #[inline]
    pub(super) fn of<K: Hash + ?Sized>(&self, key: &K) -> u64 {
        self.hasher.hash(key).as_u64()
    }

    /// Returns what tells seeds apart, and builds that hash in different ways, but not the seed.
    pub(super) const fn tag(&self) -> u64 {
        self.tag
    }
}

/// `SplitMix64` (Steele, Lea, Flood 2014).
#[derive(Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u128) -> Self {
        Self(mixed(seed as u64) ^ (seed >> 64) as u64)
    }

    #[inline]
    pub(super) const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// Returns a number above 0, at most 1.
    pub(super) fn unit(&mut self) -> f64 {
        ((self.roll() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}

/// Spreads every bit of `word` over all 64, one to one.
#[inline]
pub(super) const fn mixed(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// Maps the upper and lower half of a hash to `0..width`, without division.
#[inline]
pub(super) const fn place(half: u32, width: u32) -> usize {
    ((half as u64 * width as u64) >> 32) as usize
}
