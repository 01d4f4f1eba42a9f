//! [`CountMin`]: an upper bound of any key's count.

use std::{fmt, hash::Hash};

use eaves_common::units::ByteSize;

use super::{
    BoundsSummary, SketchError,
    seeded::{SeededHash, mixed, place},
};

/// Upper bounds of the counts of any number of keys, in fixed memory: four rows of counters.
///
/// An observation lifts only those of a key's counters that are below its new bound (conservative
/// update), which makes bounds several times tighter than adding to all four. Use 64 KiB or more:
/// when keys outnumber counters by far, every bound is too high, also that of a key never seen.
/// Counters stop at `u32::MAX`.
///
/// ```
/// use eaves_common::units::ByteSize;
/// use eaves_ratelimit::heavy::CountMin;
///
/// let mut counts = CountMin::new(ByteSize::from_kib(64), 0x5eed)?;
/// assert_eq!(counts.observe("198.51.100.7", 3), 3);
/// assert_eq!(counts.observe("198.51.100.7", 1), 4);
/// assert_eq!(counts.bound("203.0.113.9"), 0);
/// # Ok::<(), eaves_ratelimit::heavy::SketchError>(())
/// ```
#[derive(Clone)]
pub struct CountMin {
    counters: Box<[u32]>,
    width: u32,
    hash: SeededHash,
}

impl CountMin {
    /// Makes an empty sketch of at most `memory`; nobody outside may know the seed.
    ///
    /// # Errors
    /// [`SketchError::Memory`] if that is less than 1 KiB.
    pub fn new(memory: ByteSize, seed: u128) -> Result<Self, SketchError> {
        if memory < LEAST {
            return Err(SketchError::Memory {
                found: memory,
                least: LEAST,
            });
        }
        let width = memory.as_usize() / (ROWS * size_of::<u32>());
        let width = u32::try_from(width).unwrap_or(u32::MAX);
        Ok(Self {
            counters: vec![0; ROWS * width as usize].into_boxed_slice(),
            width,
            hash: SeededHash::new(seed),
        })
    }

    /// Counts `weight` for a key and returns its bound.
    #[inline]
    pub fn observe<K: Hash + ?Sized>(&mut self, key: &K, weight: u32) -> u32 {
        let places = self.places(self.hash.of(key));
        let bound = self.least(places).saturating_add(weight);
        for at in places {
            let counter = &mut self.counters[at];
            *counter = bound.max(*counter);
        }
        bound
    }

    /// Returns an upper bound of a key's count.
    #[must_use]
    pub fn bound<K: Hash + ?Sized>(&self, key: &K) -> u32 {
        self.least(self.places(self.hash.of(key)))
    }

    /// Adds what another sketch counted; bounds stay upper bounds of the sums.
    ///
    /// # Errors
    /// [`SketchError::Mismatch`] if seed or memory differ; nothing is changed then.
    pub fn merge(&mut self, other: &Self) -> Result<(), SketchError> {
        if self.hash.tag() != other.hash.tag() {
            return Err(SketchError::Mismatch { what: "seed" });
        }
        if self.width != other.width {
            return Err(SketchError::Mismatch { what: "memory" });
        }
        self.add(&other.counters);
        Ok(())
    }

    /// Returns all that was counted, for another node.
    #[must_use]
    pub fn summary(&self) -> BoundsSummary {
        BoundsSummary {
            tag: self.hash.tag(),
            counters: self.counters.to_vec(),
        }
    }

    /// Adds what another node counted, as [`merge`](Self::merge) does.
    ///
    /// The node must run the same build, since keys must hash alike.
    ///
    /// # Errors
    /// [`SketchError::Mismatch`] if seed, build or memory differ; nothing is changed then.
    pub fn absorb(&mut self, summary: &BoundsSummary) -> Result<(), SketchError> {
        if self.hash.tag() != summary.tag {
            return Err(SketchError::Mismatch { what: "seed" });
        }
        if self.counters.len() != summary.counters.len() {
            return Err(SketchError::Mismatch { what: "memory" });
        }
        self.add(&summary.counters);
        Ok(())
    }

    /// Forgets all counts and keeps the memory.
    pub fn clear(&mut self) {
        self.counters.fill(0);
    }

    /// Returns the memory in use, which does not change.
    #[must_use]
    pub fn memory(&self) -> ByteSize {
        ByteSize::from_bytes(size_of_val(&*self.counters) as u64)
    }

    fn add(&mut self, counters: &[u32]) {
        for (mine, theirs) in self.counters.iter_mut().zip(counters) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    fn least(&self, places: [usize; ROWS]) -> u32 {
        places
            .map(|at| self.counters[at])
            .into_iter()
            .min()
            .unwrap_or(0)
    }

    /// Returns a key's counter in each row; the second half of the rows mixes the hash once more.
    #[inline]
    fn places(&self, hash: u64) -> [usize; ROWS] {
        let again = mixed(hash);
        let halves = [hash, hash >> 32, again, again >> 32];
        let width = self.width;
        std::array::from_fn(|row| row * width as usize + place(halves[row] as u32, width))
    }
}

impl fmt::Debug for CountMin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the seed nor thousands of counters belong into a log.
        f.debug_struct("CountMin")
            .field("width", &self.width)
            .finish_non_exhaustive()
    }
}

const ROWS: usize = 4;
const LEAST: ByteSize = ByteSize::from_kib(1);
