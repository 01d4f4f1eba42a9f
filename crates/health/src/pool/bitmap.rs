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

    pub(crate) fn insert(&mut self, slot: Slot) {
        self.words[slot.index() / 64] |= 1 << (slot.index() % 64);
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
    }
}
