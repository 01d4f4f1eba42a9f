//! [`Ghosts`]: what left lately, and whether it had been used more than once.

use std::hint::black_box;

/// A bounded memory of keys that left, as 4-byte marks in a direct-mapped table.
///
/// Each kind has a clock of its own, which runs with the weight that left, so that both kinds
/// remember the same share of the budget.
#[derive(Debug)]
pub(super) struct Ghosts {
    marks: Vec<u32>,
    clocks: [u64; 2],
    unit: u64,
}

/// How much a key had been used when it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ghost {
    /// At most once.
    Once,
    /// More than once.
    Often,
}

impl Ghosts {
    pub(super) fn new(budget: u64) -> Self {
        Self {
            marks: vec![0; SMALLEST],
            clocks: [0; 2],
            unit: (budget / UNITS).max(1),
        }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.marks.len() * size_of::<u32>()
    }

    /// Remembers that a key left.
    pub(super) fn add(&mut self, hash: u64, weight: u64, ghost: Ghost) {
        let clock = &mut self.clocks[ghost as usize];
        *clock = clock.wrapping_add(weight);
        let kind = (ghost as u32) << KIND;
        let stamp = self.now(ghost) << TAG.count_ones();
        let spot = self.spot(hash);
        self.marks[spot] = PRESENT | kind | stamp | tag(hash);
    }

    /// Has the mark of a key fetched while the caller goes on.
    #[inline]
    pub(super) fn touch(&self, hash: u64) {
        black_box(self.marks[self.spot(hash)]);
    }

    /// Forgets a key; says what it was like if it left lately.
    pub(super) fn take(&mut self, hash: u64) -> Option<Ghost> {
        let spot = self.spot(hash);
        let mark = self.marks[spot];
        if mark & PRESENT == 0 || mark & TAG != tag(hash) {
            return None;
        }
        self.marks[spot] = 0;
        let ghost = if mark >> KIND & 1 == 0 {
            Ghost::Once
        } else {
            Ghost::Often
        };
        let age = self.now(ghost).wrapping_sub(mark >> TAG.count_ones()) & STAMP;
        (age < LATELY).then_some(ghost)
    }

    /// Makes room as entries grow. What was remembered is forgotten, which costs a little adaptation
    /// and saves copying the table under a lock.
    pub(super) fn grow(&mut self, entries: u32) {
        if entries as usize >= self.marks.len() * 2 {
            self.marks = vec![0; self.marks.len() * 2];
        }
    }

    const fn now(&self, ghost: Ghost) -> u32 {
        (self.clocks[ghost as usize] / self.unit) as u32 & STAMP
    }

    const fn spot(&self, hash: u64) -> usize {
        (hash >> 28) as usize & (self.marks.len() - 1)
    }
}

const SMALLEST: usize = 64;
/// Steps that a clock makes while the budget's weight leaves.
const UNITS: u64 = 16;
/// Steps for which a ghost counts.
const LATELY: u32 = 8;
const PRESENT: u32 = 1 << 31;
const KIND: u32 = 30;
const STAMP: u32 = 0x3F;
const TAG: u32 = 0x00FF_FFFF;

const fn tag(hash: u64) -> u32 {
    (hash ^ hash >> 40) as u32 & TAG
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn key(n: u64) -> u64 {
        n << 28 | n
    }

    #[test]
    fn a_ghost_is_met_once_and_only_lately() {
        let mut ghosts = Ghosts::new(1600);
        ghosts.add(key(1), 10, Ghost::Often);
        ghosts.add(key(2), 20, Ghost::Once);
        assert_eq!(ghosts.take(key(1)), Some(Ghost::Often));
        assert_eq!(ghosts.take(key(1)), None);
        for other in 3..60 {
            ghosts.add(key(other), 20, Ghost::Once);
        }
        assert_eq!(ghosts.take(key(2)), None, "1140 bytes of 1600 left since");
        assert_eq!(ghosts.take(key(59)), Some(Ghost::Once));
    }

    #[test]
    fn the_table_grows_with_the_entries() {
        let mut ghosts = Ghosts::new(1600);
        (0..1000).for_each(|entries| ghosts.grow(entries));
        assert_eq!(ghosts.bytes(), 512 * 4);
    }
}
