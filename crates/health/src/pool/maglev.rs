//! [`Maglev`]: a table from hash to slot with nearly equal shares (Eisenbud et al., 2016).

use super::{Slot, keyed::Keyed};
use crate::random::mix;

/// A table from hash to slot, made of membership and weights alone: health is a bitmap beside it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Maglev {
    table: Box<[Slot]>,
}

/// Primes; the first that leaves a hundred entries to each member is the table's size.
const SIZES: [usize; 6] = [65_537, 131_071, 262_147, 524_309, 1_048_583, 6_553_621];
const EMPTY: u32 = u32::MAX;

impl Maglev {
    pub(crate) fn new(members: &[Keyed]) -> Self {
        let members: Vec<&Keyed> = members.iter().filter(|member| member.weight > 0).collect();
        if members.is_empty() {
            return Self::default();
        }
        let fits = |size: &&usize| **size >= members.len() * 100;
        let size = SIZES
            .iter()
            .find(fits)
            .copied()
            .unwrap_or(SIZES[SIZES.len() - 1]);
        let mut table = vec![EMPTY; size];
        let mut walkers: Vec<Walker> = members
            .iter()
            .map(|member| Walker::new(member, size as u64))
            .collect();
        let heaviest = members
            .iter()
            .map(|member| member.weight)
            .max()
            .unwrap_or(1);
        let mut left = size;
        // In each round the heaviest claims one entry and the others as many as their weights ask.
        for round in 1_u64.. {
            for (walker, member) in walkers.iter_mut().zip(&members) {
                let due = (round * u64::from(member.weight)).div_ceil(u64::from(heaviest));
                while walker.claimed < due && left > 0 {
                    walker.claim(&mut table, member.slot);
                    left -= 1;
                }
            }
            if left == 0 {
                break;
            }
        }
        Self {
            table: table.into_iter().map(Slot::new).collect(),
        }
    }

    #[inline]
    pub(crate) fn at(&self, hash: u64) -> Option<Slot> {
        let at = ((hash >> 32) * self.table.len() as u64) >> 32;
        self.table.get(at as usize).copied()
    }
}

/// Walks a member's own permutation of the table.
struct Walker {
    at: u64,
    skip: u64,
    size: u64,
    claimed: u64,
}

impl Walker {
    fn new(member: &Keyed, size: u64) -> Self {
        Self {
            at: member.hash % size,
            skip: mix(member.hash) % (size - 1) + 1,
            size,
            claimed: 0,
        }
    }

    fn claim(&mut self, table: &mut [u32], slot: Slot) {
        while table[self.at as usize] != EMPTY {
            self.at = (self.at + self.skip) % self.size;
        }
        table[self.at as usize] = slot.index() as u32;
        self.claimed += 1;
    }
}
