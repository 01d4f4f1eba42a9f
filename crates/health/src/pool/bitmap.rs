//! A set of slots, one bit each.

use super::Slot;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bitmap {
    words: Box<[u64]>,
}

impl Bitmap {
    pub(crate) fn new(slots: usize) -> Self {
        Self {
            words: vec![0; slots.div_ceil(64)].into_boxed_slice(),
        }
    }

    /// Makes the set of these slots.
    pub(crate) fn of(slots: usize, members: &[Slot]) -> Self {
        let mut set = Self::new(slots);
        members.iter().for_each(|&slot| set.insert(slot));
        set
    }

    /// Makes the set that has these bits.
    pub(crate) fn of_words(words: &[u64]) -> Self {
        Self {
            words: words.into(),
        }
    }

    /// Makes room for so many slots.
    pub(crate) fn grow(&mut self, slots: usize) {
        let mut words = std::mem::take(&mut self.words).into_vec();
        words.resize(slots.div_ceil(64).max(words.len()), 0);
        self.words = words.into_boxed_slice();
    }

    pub(crate) fn insert(&mut self, slot: Slot) {
        self.words[slot.index() / 64] |= 1 << (slot.index() % 64);
    }

    pub(crate) fn remove(&mut self, slot: Slot) {
        self.words[slot.index() / 64] &= !(1 << (slot.index() % 64));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Returns how many slots are in both sets.
    pub(crate) fn common(&self, other: &Self) -> usize {
        let words = self.words.iter().zip(&other.words);
        words
            .map(|(one, other)| (one & other).count_ones() as usize)
            .sum()
    }

    /// Yields the slots in the set, in their order.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        let words = (0_u32..).step_by(64).zip(&self.words);
        words.flat_map(|(base, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(Slot::new(base + bit))
            })
        })
    }

    #[inline]
    pub(crate) fn contains(&self, slot: Slot) -> bool {
        let word = self.words.get(slot.index() / 64).copied().unwrap_or(0);
        word >> (slot.index() % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_in_the_set_once_inserted() {
        let mut set = Bitmap::new(200);
        for slot in [199, 0, 64, 63] {
            set.insert(Slot::new(slot));
        }
        let held: Vec<u32> = (0..300)
            .filter(|&slot| set.contains(Slot::new(slot)))
            .collect();
        assert_eq!(held, [0, 63, 64, 199]);
        assert!(set.slots().eq(held.into_iter().map(Slot::new)));
        set.remove(Slot::new(63));
        let mut other = Bitmap::new(200);
        (60..100).for_each(|slot| other.insert(Slot::new(slot)));
        assert_eq!(set.common(&other), 1);
    }
}
