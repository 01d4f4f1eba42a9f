//! [`Maglev`]: one table of slots, filled by the members in turns.

use super::{
    BuildError, Candidates, Member,
    member::Roster,
    mix::{GOLDEN, mix, mix2, reduce},
};

/// A Maglev table (Eisenbud et al., NSDI 2016) whose dead members are skipped, not removed.
///
/// Each key has a sequence of slots; it goes to the first whose member may take it. So while the
/// table stays, a member that dies loses its keys, evenly to the others, and no other key moves. When
/// nobody is found in 32 slots (half of the pool dead: once in four billion lookups), the key goes to
/// any of those left, evenly.
///
/// Slots are 65 537 up to 3276 members, 262 147 up to 13 107, else 1 048 583; so equal members differ
/// by at most one slot in 20 (a member whose weight is worth less than a slot still has one). A change
/// of membership moves few keys, one across these limits moves most.
///
/// ```
/// use eaves_health::hashing::{Candidates, Maglev, Member};
///
/// let members: Vec<Member> = (0..10).map(|id| Member::new(id, 1)).collect();
/// let table = Maglev::new(&members)?;
/// let (all, without_7) = ([0b11_1111_1111_u64], [0b11_0111_1111_u64]);
/// for key in 0..1_000 {
///     let before = table.pick(key, &Candidates::new(&all));
///     let after = table.pick(key, &Candidates::new(&without_7));
///     assert_eq!(before != after, before == Some(7));
/// }
/// # Ok::<(), eaves_health::hashing::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Maglev {
    slots: Box<[u16]>,
    ids: Box<[u64]>,
    weighted: Box<[u64]>,
}

impl Maglev {
    /// Builds the table; the order of members changes nothing but the indexes it answers with.
    ///
    /// # Errors
    ///
    /// If there are more than [`MAX_MEMBERS`](super::MAX_MEMBERS), or two have one id.
    pub fn new(members: &[Member]) -> Result<Self, BuildError> {
        let roster = Roster::new(members)?;
        Ok(Self {
            slots: fill(&roster.sorted),
            ids: roster.ids,
            weighted: roster.weighted,
        })
    }

    /// Returns the member for a key.
    #[inline]
    #[must_use]
    pub fn pick(&self, key: u64, candidates: &Candidates<'_>) -> Option<u32> {
        let hash = mix(key ^ GOLDEN);
        self.first(hash, |member| self.accepts(member, hash, candidates))
            .or_else(|| candidates.any(&self.weighted, mix(hash)))
    }

    /// The first member in the sequence of a hash that `admit` lets in.
    #[inline]
    pub(super) fn first(&self, mut hash: u64, admit: impl Fn(u32) -> bool) -> Option<u32> {
        let slots = self.slots.len() as u32;
        for _ in 0..PROBES {
            let slot = self.slots.get(reduce(hash, slots) as usize)?;
            let member = u32::from(*slot);
            if admit(member) {
                return Some(member);
            }
            hash = mix(hash.wrapping_add(GOLDEN));
        }
        None
    }

    /// Whether a member lives, was not tried, and takes this key.
    #[inline]
    pub(super) fn accepts(&self, member: u32, hash: u64, candidates: &Candidates<'_>) -> bool {
        candidates.accept(member, hash, || self.ids[member as usize])
    }

    /// Bit by index: who has a weight.
    pub(super) fn weighted(&self) -> &[u64] {
        &self.weighted
    }
}

/// Slots of a key's sequence.
const PROBES: usize = 32;

/// Primes: each step is then coprime to the size, and a member's sequence visits every slot.
const SIZES: [(usize, u32); 3] = [(3_276, 65_537), (13_107, 262_147), (usize::MAX, 1_048_583)];

/// One free slot after the other goes to the member whose turn it is. A member's turns come at rounds
/// in proportion to its weight; a calendar of rounds keeps that linear whatever the weights are.
fn fill(members: &[(u16, Member)]) -> Box<[u16]> {
    let Some(heaviest) = members.iter().map(|(_, member)| member.weight).max() else {
        return Box::new([]);
    };
    let size = SIZES.iter().find(|(most, _)| members.len() <= *most);
    let size = size.map_or(SIZES[0].1, |(_, size)| *size);
    let mut slots = vec![EMPTY; size as usize].into_boxed_slice();
    let mut turns: Vec<Turns> = members
        .iter()
        .map(|member| Turns::new(member, size))
        .collect();
    let mut calendar = Calendar::new(members.len(), size);
    (0..members.len())
        .rev()
        .for_each(|member| calendar.enter(member, 0));
    let mut left = size;
    for round in 0..=u64::from(size) {
        let mut due = calendar.take(round);
        while let Some(member) = due {
            due = calendar.next(member);
            turns[member].claim(&mut slots);
            left -= 1;
            if left == 0 {
                return slots;
            }
            calendar.enter(member, turns[member].next_round(heaviest));
        }
    }
    slots
}

/// No member: there are at most 65 535, so their indexes end below it.
const EMPTY: u16 = u16::MAX;

/// A member's way through the slots.
#[derive(Debug)]
struct Turns {
    index: u16,
    weight: u32,
    claimed: u32,
    at: u32,
    step: u32,
    size: u32,
}

impl Turns {
    fn new((index, member): &(u16, Member), size: u32) -> Self {
        Self {
            index: *index,
            weight: member.weight,
            claimed: 0,
            at: reduce(mix2(member.id, 1), size),
            step: 1 + reduce(mix2(member.id, 2), size - 1),
            size,
        }
    }

    /// Claims the first free slot on the way; there is one.
    fn claim(&mut self, slots: &mut [u16]) {
        loop {
            let slot = &mut slots[self.at as usize];
            self.at += self.step;
            if self.at >= self.size {
                self.at -= self.size;
            }
            if *slot == EMPTY {
                *slot = self.index;
                self.claimed += 1;
                return;
            }
        }
    }

    /// The round of the next turn; the heaviest has one in each.
    fn next_round(&self, heaviest: u32) -> u64 {
        (u64::from(self.claimed) * u64::from(heaviest)).div_ceil(u64::from(self.weight))
    }
}

/// Which members have a turn in which round: lists through one array.
#[derive(Debug)]
struct Calendar {
    /// By round: the first member, plus 1.
    first: Vec<u32>,
    /// By member: the one after it in its round, plus 1.
    next: Vec<u32>,
}

impl Calendar {
    fn new(members: usize, rounds: u32) -> Self {
        Self {
            first: vec![0; rounds as usize + 1],
            next: vec![0; members],
        }
    }

    /// Enters a member for a round; rounds that never come are forgotten.
    fn enter(&mut self, member: usize, round: u64) {
        let round = usize::try_from(round).unwrap_or(usize::MAX);
        if let Some(first) = self.first.get_mut(round) {
            self.next[member] = std::mem::replace(first, member as u32 + 1);
        }
    }

    fn take(&mut self, round: u64) -> Option<usize> {
        let first = self.first.get_mut(round as usize).map(std::mem::take);
        (first.unwrap_or(0) as usize).checked_sub(1)
    }

    fn next(&self, member: usize) -> Option<usize> {
        (self.next[member] as usize).checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots_of(weights: &[u32]) -> Vec<usize> {
        let members: Vec<Member> = (0..)
            .zip(weights)
            .map(|(id, w)| Member::new(id, *w))
            .collect();
        let table = Maglev::new(&members).unwrap();
        let mut counts = vec![0; weights.len()];
        for slot in &table.slots {
            counts[usize::from(*slot)] += 1;
        }
        counts
    }

    #[test]
    fn sizes_are_prime() {
        for (_, size) in SIZES {
            assert!((2..).take_while(|d| d * d <= size).all(|d| size % d != 0));
        }
    }

    #[test]
    fn equal_members_differ_by_one_slot() {
        for n in [1, 2, 10, 1_000, 5_000] {
            let counts = slots_of(&vec![7; n]);
            let (least, most) = (counts.iter().min(), counts.iter().max());
            assert!(most.unwrap() - least.unwrap() <= 1, "{n}");
        }
    }

    #[test]
    fn slots_follow_weights_however_far_apart() {
        let counts = slots_of(&[1, 2, 3, 10]);
        for (count, weight) in counts.iter().zip([1.0, 2.0, 3.0, 10.0]) {
            let share = *count as f64 / 65_537.0 * 16.0 / weight;
            assert!((0.999..1.001).contains(&share), "{counts:?}");
        }
        let counts = slots_of(&[u32::MAX, 1, 1, 0]);
        assert_eq!(counts, [65_535, 1, 1, 0]);
    }

    #[test]
    fn one_heavy_among_many_builds_in_linear_time() {
        let mut weights = vec![1; 10_000];
        weights[0] = u32::MAX;
        let counts = slots_of(&weights);
        assert_eq!(counts[0], 262_147 - 9_999);
    }
}
