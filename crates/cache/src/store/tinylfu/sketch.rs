//! [`Sketch`]: how often keys have been asked for lately, resident or not.

use std::hint::black_box;

use super::{chunked::Chunked, index::grown};

/// A count-min sketch of 4-bit counters; the four counters of a key share one 64-byte block.
///
/// It grows and ages a block at a time: neither ever makes a reader wait for more than one block.
#[derive(Debug)]
pub(super) struct Sketch {
    blocks: Chunked<Block>,
    mask: u32,
    /// Next block to be halved.
    hand: u32,
    /// Uses counted, times the blocks, less those that halved a block already.
    debt: u64,
    epoch: u8,
}

/// Four rows of 32 counters.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Block([u64; 8]);

impl Sketch {
    pub(super) fn new() -> Self {
        let mut blocks = Chunked::new();
        blocks.push(Block::default());
        Self {
            blocks,
            mask: 0,
            hand: 0,
            debt: 0,
            epoch: 0,
        }
    }

    /// How many times everything has been halved, modulo 256.
    #[inline]
    pub(super) const fn epoch(&self) -> u8 {
        self.epoch
    }

    pub(super) const fn bytes(&self) -> usize {
        self.blocks.bytes()
    }

    /// Counts one use.
    pub(super) fn add(&mut self, hash: u64) {
        let spots = Spots::of(hash);
        let at = self.block(spots);
        let block = &mut self.blocks[at];
        let least = block.least(spots);
        if least < MOST {
            block.raise(spots, least + 1);
        }
    }

    /// Sees to it that a key counts at least `uses`.
    pub(super) fn raise(&mut self, hash: u64, uses: u8) {
        let spots = Spots::of(hash);
        let at = self.block(spots);
        self.blocks[at].raise(spots, uses.min(MOST));
    }

    /// Has the counters of a key fetched while the caller goes on.
    #[inline]
    pub(super) fn touch(&self, hash: u64) {
        let block = self.block(Spots::of(hash));
        black_box(self.blocks[block].0[0]);
    }

    /// Estimates the uses of a key, up to [`MOST`].
    pub(super) fn estimate(&self, hash: u64) -> u8 {
        let spots = Spots::of(hash);
        self.blocks[self.block(spots)].least(spots)
    }

    /// Lets `uses` pass by in a store of `entries`: halves blocks as their turn comes, each once in
    /// `period` uses per entry.
    pub(super) fn age(&mut self, uses: u32, entries: u32, period: u64) {
        let period = u64::from(entries.max(FEWEST)) * period;
        let blocks = u64::from(self.blocks.len());
        self.debt = (self.debt + u64::from(uses) * blocks).min(period * AT_ONCE);
        while self.debt >= period {
            self.debt -= period;
            self.halve_next();
        }
    }

    /// Adds a block if `entries` ask for it; it begins as a copy of the one whose keys it shares.
    pub(super) fn grow(&mut self, entries: u32) {
        let len = self.blocks.len();
        if u64::from(entries) <= u64::from(len) * u64::from(ENTRIES_PER_BLOCK) || len > u32::MAX / 4
        {
            return;
        }
        let parent = len & self.mask;
        let copy = self.blocks[parent];
        self.blocks.push(copy);
        if parent == self.mask {
            self.mask = self.mask * 2 + 1;
        }
    }

    fn halve_next(&mut self) {
        self.blocks[self.hand].halve();
        self.hand += 1;
        if self.hand >= self.blocks.len() {
            self.hand = 0;
            self.epoch = self.epoch.wrapping_add(1);
        }
    }

    #[inline]
    fn block(&self, spots: Spots) -> u32 {
        grown(spots.block, self.mask, self.blocks.len())
    }
}

/// The highest count.
pub(super) const MOST: u8 = 15;

/// A store of fewer entries ages as if it had so many.
const FEWEST: u32 = 16;

/// Blocks halved in one step at most.
const AT_ONCE: u64 = 8;

/// Entries a block serves: 16 bytes each. Keys that left are counted too, and there are many more
/// of them; with half of the bytes the hit ratio at unit size falls by half a point.
const ENTRIES_PER_BLOCK: u32 = 4;

/// Where a key's counters are.
#[derive(Clone, Copy)]
struct Spots {
    block: u32,
    columns: [u8; 4],
}

impl Spots {
    /// Other bits than those that choose shard, bucket and ghost, as far as a multiplication goes.
    #[inline]
    const fn of(hash: u64) -> Self {
        let mixed = hash.rotate_left(23).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let low = (mixed >> 8) as u32;
        Self {
            block: (mixed >> 32) as u32,
            columns: [
                (low & 31) as u8,
                (low >> 5 & 31) as u8,
                (low >> 10 & 31) as u8,
                (low >> 15 & 31) as u8,
            ],
        }
    }
}

impl Block {
    fn least(&self, spots: Spots) -> u8 {
        let mut least = MOST;
        for (row, column) in spots.columns.into_iter().enumerate() {
            let (word, shift) = counter(row, column);
            least = least.min((self.0[word] >> shift & 0xF) as u8);
        }
        least
    }

    /// Raises the counters that are lower than `to`. Which of them are cannot be guessed: there is no branch on it.
    fn raise(&mut self, spots: Spots, to: u8) {
        for (row, column) in spots.columns.into_iter().enumerate() {
            let (word, shift) = counter(row, column);
            let more = u64::from(to).saturating_sub(self.0[word] >> shift & 0xF);
            self.0[word] += more << shift;
        }
    }

    fn halve(&mut self) {
        for word in &mut self.0 {
            *word = *word >> 1 & 0x7777_7777_7777_7777;
        }
    }
}

/// Word and shift of a counter.
#[inline]
const fn counter(row: usize, column: u8) -> (usize, u32) {
    (row * 2 + (column >> 4) as usize, (column as u32 & 15) * 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u64) -> u64 {
        n.wrapping_mul(0xD6E8_FEB8_6659_FD93)
            .rotate_left(32)
            .wrapping_mul(0xD6E8_FEB8_6659_FD93)
    }

    #[test]
    fn a_count_is_never_too_low_and_stops_at_the_most() {
        let mut sketch = Sketch::new();
        for n in 0..40_u64 {
            for _ in 0..n {
                sketch.add(key(n));
            }
        }
        for n in 0..40_u64 {
            assert!(u64::from(sketch.estimate(key(n))) >= n.min(u64::from(MOST)));
        }
    }

    #[test]
    fn counts_survive_growth() {
        let mut sketch = Sketch::new();
        for n in 0..100 {
            sketch.raise(key(n), 5);
        }
        for entries in 0..10_000 {
            sketch.grow(entries);
        }
        assert!((0..100).all(|n| sketch.estimate(key(n)) >= 5));
        let strangers = (1000..2000)
            .filter(|n| sketch.estimate(key(*n)) > 0)
            .count();
        assert!(strangers < 1000, "copies made every estimate wrong");
    }

    #[test]
    fn everything_is_halved_once_a_period() {
        let mut sketch = Sketch::new();
        for entries in 0..2_000 {
            sketch.grow(entries);
        }
        sketch.raise(key(1), 12);
        for _ in 0..20_000 {
            sketch.age(1, 2_000, 10);
        }
        assert_eq!((sketch.estimate(key(1)), sketch.epoch()), (6, 1));
    }
}
