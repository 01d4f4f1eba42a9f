//! [`Slot`]: what the index keeps of a record.

use super::{Place, SHARDS};
use crate::store::disk::format::ALIGN;

/// What the index knows a key by: the top bits of its hash choose a shard, the low ones are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store::disk) struct Tag {
    pub(super) shard: u8,
    pub(super) rest: u32,
}

impl Tag {
    pub(in crate::store::disk) const fn of(hash: u64) -> Self {
        Self {
            shard: (hash >> (u64::BITS - SHARDS.trailing_zeros())) as u8,
            rest: hash as u32,
        }
    }

    pub(super) const fn new(shard: usize, rest: u32) -> Self {
        Self {
            shard: shard as u8,
            rest,
        }
    }
}

/// Where a record is, how long it is, and how often it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store::disk) struct Slot {
    pub(in crate::store::disk) place: Place,
    /// Hits in the top byte, the length in units of the alignment below; no length marks a removed key.
    packed: u32,
}

const LENGTH: u32 = (1 << 24) - 1;

impl Slot {
    /// The longest record that a slot can tell of.
    pub(in crate::store::disk) const LONGEST: u64 = LENGTH as u64 * ALIGN;

    pub(in crate::store::disk) fn new(place: Place, len: u64) -> Self {
        debug_assert!(len > 0 && len <= Self::LONGEST && len.is_multiple_of(ALIGN));
        Self {
            place,
            packed: (len / ALIGN) as u32 & LENGTH,
        }
    }

    /// The mark of a key that was removed.
    pub(in crate::store::disk) const fn tombstone(place: Place) -> Self {
        Self { place, packed: 0 }
    }

    pub(in crate::store::disk) const fn is_tombstone(&self) -> bool {
        self.packed & LENGTH == 0
    }

    pub(in crate::store::disk) const fn len(&self) -> u64 {
        (self.packed & LENGTH) as u64 * ALIGN
    }

    pub(in crate::store::disk) const fn hits(&self) -> u8 {
        (self.packed >> 24) as u8
    }

    pub(super) const fn count_hit(&mut self) {
        if self.hits() < u8::MAX {
            self.packed += LENGTH + 1;
        }
    }

    /// Gives a record that moved half of the hits it had, so that what is asked for no more leaves in the end.
    #[must_use]
    pub(in crate::store::disk) const fn with_half_the_hits_of(self, old: Self) -> Self {
        Self {
            packed: (self.packed & LENGTH) | ((old.hits() / 2) as u32) << 24,
            ..self
        }
    }

    /// Gives a record that moved the hits it had.
    #[must_use]
    pub(in crate::store::disk) const fn with_the_hits_of(self, old: Self) -> Self {
        Self {
            packed: (self.packed & LENGTH) | (old.packed & !LENGTH),
            ..self
        }
    }

    pub(super) fn to_bytes(self, rest: u32) -> [u8; 16] {
        let mut bytes = [0; 16];
        let numbers = [rest, self.place.segment, self.place.offset, self.packed];
        for (part, number) in bytes.chunks_exact_mut(4).zip(numbers) {
            part.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; 16]) -> (u32, Self) {
        let number = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let place = Place {
            segment: number(4),
            offset: number(8),
        };
        let packed = number(12);
        (number(0), Self { place, packed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_stop_at_the_most_a_slot_can_count_and_leave_the_length_alone() {
        let place = Place {
            segment: 1,
            offset: 32,
        };
        let mut slot = Slot::new(place, Slot::LONGEST);
        for _ in 0..1000 {
            slot.count_hit();
        }
        assert_eq!((slot.hits(), slot.len()), (255, Slot::LONGEST));
        let moved = Slot::new(place, 48).with_half_the_hits_of(slot);
        assert_eq!((moved.hits(), moved.len()), (127, 48));
        assert_eq!(Slot::from_bytes(&slot.to_bytes(9)), (9, slot));
    }
}
