//! [`TopK`]: the heaviest keys of a stream.

use std::{cmp::Reverse, fmt, hash::Hash};

use eaves_common::units::ByteSize;

use super::{
    SketchError, TopSummary,
    candidates::Candidates,
    rows::Rows,
    seeded::{Dice, SeededHash},
};

/// The heaviest keys of a stream, found in fixed memory.
///
/// Counts never exceed the true ones: fingerprints of 32 bits aside (two keys in one bucket look
/// alike once in 4e9), nobody is named who did not send as much. A key must stand out to be found:
/// by measurement, in 64 KiB with 200 candidates, all of the 100 heaviest of a million keys in
/// four million observations when their weights fall as 1/rank.
///
/// ```
/// use eaves_common::units::ByteSize;
/// use eaves_ratelimit::heavy::TopK;
///
/// let mut top = TopK::new(ByteSize::from_kib(64), 200, 0x5eed)?;
/// for client in (0..1_000).flat_map(|n| [n, 7, n, 7]) {
///     top.observe(&client, 1);
/// }
/// let heaviest = &top.list()[0];
/// assert_eq!((heaviest.key, heaviest.count), (7, 2_002));
/// # Ok::<(), eaves_ratelimit::heavy::SketchError>(())
/// ```
#[derive(Clone)]
pub struct TopK<K> {
    candidates: Candidates<K>,
    rows: Rows,
    hash: SeededHash,
    dice: Dice,
}

impl<K: Clone + Eq + Hash> TopK<K> {
    /// Makes an empty sketch of at most `memory`, of which `candidates` keys can be listed.
    ///
    /// Nobody outside may know the seed: who does can pick keys that wear down each other. The hash
    /// and the dice of decay both grow out of it, so equal observations give equal sketches.
    /// Keys that own memory add theirs (a `String` its text).
    ///
    /// # Errors
    /// [`SketchError::Candidates`] unless there are 1 to 32768, [`SketchError::Memory`] if less than
    /// 64 columns of buckets fit beside them.
    pub fn new(memory: ByteSize, candidates: usize, seed: u128) -> Result<Self, SketchError> {
        if !(1..=Candidates::<K>::MOST).contains(&candidates) {
            return Err(SketchError::Candidates {
                found: candidates,
                most: Candidates::<K>::MOST,
            });
        }
        let kept = Candidates::new(candidates);
        let columns = memory.as_usize().saturating_sub(kept.memory()) / Rows::BYTES_PER_COLUMN;
        if columns < LEAST_COLUMNS {
            let least = kept.memory() + LEAST_COLUMNS * Rows::BYTES_PER_COLUMN;
            return Err(SketchError::Memory {
                found: memory,
                least: ByteSize::from_bytes(least as u64),
            });
        }
        Ok(Self {
            candidates: kept,
            rows: Rows::new(u32::try_from(columns).unwrap_or(u32::MAX)),
            hash: SeededHash::new(seed),
            dice: Dice::new(!seed),
        })
    }

    /// Counts `weight` (requests, bytes, cost) for a key.
    ///
    /// Takes constant time and allocates nothing but what cloning the key does, when it becomes a
    /// candidate.
    #[inline]
    pub fn observe(&mut self, key: &K, weight: u32) {
        let hash = self.hash.of(key);
        if weight == 0 || self.candidates.add(key, hash, weight.into()) {
            return;
        }
        let count = u64::from(self.rows.observe(hash, weight, &mut self.dice));
        if count > 0 && self.candidates.admits(count) {
            self.promote(key, hash, count);
        }
    }

    /// Returns a lower bound of a key's count; 0 if nothing is known of it.
    #[must_use]
    pub fn count(&self, key: &K) -> u64 {
        let hash = self.hash.of(key);
        match self.candidates.entry(key, hash) {
            Some(entry) => entry.count,
            None => self.rows.count(hash).into(),
        }
    }

    /// Returns the candidates, the heaviest first.
    #[must_use]
    pub fn list(&self) -> Vec<Heavy<K>> {
        let entries = self.candidates.iter();
        let mut list: Vec<_> = entries
            .map(|entry| Heavy {
                key: entry.key.clone(),
                count: entry.count,
            })
            .collect();
        list.sort_by_key(|heavy| Reverse(heavy.count));
        list
    }

    /// Adds what another sketch counted; counts stay lower bounds of the sums.
    ///
    /// The sketches may come from different threads, or from nodes that run the same build.
    ///
    /// # Errors
    /// [`SketchError::Mismatch`] if seed, memory or candidates differ; nothing is changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), SketchError> {
        let same = [
            ("seed", self.hash.tag() == other.hash.tag()),
            ("memory", self.rows.width() == other.rows.width()),
            (
                "candidates",
                self.candidates.most() == other.candidates.most(),
            ),
        ];
        if let Some((what, _)) = same.into_iter().find(|(_, is_same)| !is_same) {
            return Err(SketchError::Mismatch { what });
        }
        let sums = self.sums(other);
        self.rows.merge(&other.rows);
        self.candidates.clear();
        for (key, hash, count) in sums {
            if self.candidates.admits(count) {
                self.promote(&key, hash, count);
            } else {
                self.rows.restore(hash, saturated(count));
            }
        }
        Ok(())
    }

    /// Returns all that was counted, for another node.
    #[must_use]
    pub fn summary(&self) -> TopSummary<K> {
        TopSummary {
            tag: self.hash.tag(),
            candidates: self.list(),
            buckets: self.rows.buckets().collect(),
        }
    }

    /// Adds what another node counted, as [`merge`](Self::merge) does.
    ///
    /// The node must run the same build, since keys must hash alike.
    ///
    /// # Errors
    /// [`SketchError::Mismatch`] if seed, build, memory or candidates differ; nothing is changed then.
    pub fn absorb(&mut self, summary: &TopSummary<K>) -> Result<(), SketchError> {
        let mismatch = |what| Err(SketchError::Mismatch { what });
        if summary.tag != self.hash.tag() {
            return mismatch("seed");
        }
        let Some(rows) = self.rows.filled(&summary.buckets) else {
            return mismatch("memory");
        };
        if summary.candidates.len() > self.candidates.most() {
            return mismatch("candidates");
        }
        let mut candidates = Candidates::new(self.candidates.most());
        for Heavy { key, count } in &summary.candidates {
            let hash = self.hash.of(key);
            if !candidates.add(key, hash, *count) {
                candidates.insert(key.clone(), hash, *count);
            }
        }
        self.merge(&Self {
            candidates,
            rows,
            hash: self.hash.clone(),
            dice: self.dice.clone(),
        })
    }

    /// Forgets all counts and keeps the memory.
    pub fn clear(&mut self) {
        self.candidates.clear();
        self.rows.clear();
    }

    /// Returns the memory in use, which does not change; what keys own comes on top.
    #[must_use]
    pub fn memory(&self) -> ByteSize {
        let rows = self.rows.width() as usize * Rows::BYTES_PER_COLUMN;
        ByteSize::from_bytes((rows + self.candidates.memory()) as u64)
    }

    fn promote(&mut self, key: &K, hash: u64, count: u64) {
        if let Some((hash, count)) = self.candidates.insert(key.clone(), hash, count) {
            self.rows.restore(hash, saturated(count));
        }
    }

    /// Returns the candidates of both sides, each with what both sides know of it.
    fn sums(&self, other: &Self) -> Vec<(K, u64, u64)> {
        let mine = self.candidates.iter().map(|entry| (entry, other));
        let theirs = other.candidates.iter().map(|entry| (entry, self));
        let is_mine = |key: &K, hash| self.candidates.entry(key, hash).is_some();
        mine.chain(theirs.filter(|(entry, _)| !is_mine(&entry.key, entry.hash)))
            .map(|(entry, side)| {
                let elsewhere = side.count(&entry.key);
                let count = entry.count.saturating_add(elsewhere);
                (entry.key.clone(), entry.hash, count)
            })
            .collect()
    }
}

impl<K> fmt::Debug for TopK<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the seed nor thousands of buckets belong into a log.
        f.debug_struct("TopK")
            .field("columns", &self.rows.width())
            .finish_non_exhaustive()
    }
}

/// A key and a lower bound of its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Heavy<K> {
    /// The key.
    pub key: K,
    /// How much it sent at least.
    pub count: u64,
}

fn saturated(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

const LEAST_COLUMNS: usize = 64;
