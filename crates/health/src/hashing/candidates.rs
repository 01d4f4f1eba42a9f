//! [`Candidates`]: who may be picked now.

use super::mix::{mix2, reduce};

/// Who may be picked: the live ones, without those tried already, some of them for a share of keys.
///
/// ```
/// use eaves_health::hashing::Candidates;
///
/// let live = [0b1011_u64]; // members 0, 1 and 3
/// let tried = [1];
/// let candidates = Candidates::new(&live).excluding(&tried);
/// assert!(candidates.contains(0) && candidates.contains(3));
/// assert!(!candidates.contains(1) && !candidates.contains(2) && !candidates.contains(64));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Candidates<'a> {
    live: &'a [u64],
    tried: &'a [u32],
    acceptance: &'a [u16],
}

impl<'a> Candidates<'a> {
    /// Takes the health bitmap: bit `i % 64` of word `i / 64` says whether member `i` lives. Bits
    /// beyond the members mean nothing, members beyond the bitmap do not live.
    #[must_use]
    pub const fn new(live: &'a [u64]) -> Self {
        Self {
            live,
            tried: &[],
            acceptance: &[],
        }
    }

    /// Leaves out members that this request tried already; meant for a handful.
    #[must_use]
    pub const fn excluding(mut self, tried: &'a [u32]) -> Self {
        self.tried = tried;
        self
    }

    /// Gives members only a share of their keys, in 1/65535: those that warm up or are slow. Which
    /// keys depends on the key and the member's id alone, so a share that grows takes keys back one
    /// by one. Members beyond the slice take all of theirs. Who would be the last resort takes all, too.
    #[must_use]
    pub const fn accepting(mut self, acceptance: &'a [u16]) -> Self {
        self.acceptance = acceptance;
        self
    }

    /// Says whether a member lives and was not tried.
    #[inline]
    #[must_use]
    pub fn contains(&self, member: u32) -> bool {
        let word = self.live.get(member as usize / 64).copied().unwrap_or(0);
        word >> (member % 64) & 1 == 1 && !self.tried.contains(&member)
    }

    /// Says whether a member may have this key; its id is asked for only if it takes a share.
    #[inline]
    pub(super) fn accept(&self, member: u32, key: u64, id: impl FnOnce() -> u64) -> bool {
        self.contains(member) && self.takes(member, key, id)
    }

    /// The key is turned over: bids of rendezvous hashing are made of key and id, too, and who bids
    /// most must not be who declines.
    #[inline]
    fn takes(&self, member: u32, key: u64, id: impl FnOnce() -> u64) -> bool {
        match self.acceptance.get(member as usize) {
            None | Some(&u16::MAX) => true,
            Some(share) => (mix2(!key, id()) >> 48) < u64::from(*share),
        }
    }

    /// The last resort: one of those left, evenly by `hash`, whatever share it takes.
    #[cold]
    pub(super) fn any(&self, weighted: &[u64], hash: u64) -> Option<u32> {
        let left: u32 = self
            .words(weighted)
            .map(|(_, word)| word.count_ones())
            .sum();
        if left == 0 {
            return None;
        }
        let mut rank = reduce(hash, left);
        for (base, word) in self.words(weighted) {
            let here = word.count_ones();
            if rank < here {
                return Some(base + nth_bit(word, rank));
            }
            rank -= here;
        }
        None
    }

    /// Words of those that have a weight, live and were not tried, each with its first index.
    pub(super) fn words(&self, weighted: &'a [u64]) -> impl Iterator<Item = (u32, u64)> + Clone {
        let tried = self.tried;
        let words = weighted.iter().zip(self.live);
        (0_u32..)
            .step_by(64)
            .zip(words)
            .map(move |(base, (weighted, live))| {
                let here = tried.iter().filter(|member| **member / 64 == base / 64);
                let gone = here.fold(0, |gone, member| gone | 1_u64 << (member % 64));
                (base, weighted & live & !gone)
            })
    }
}

/// The position of the set bit that has `rank` others below it.
const fn nth_bit(mut word: u64, rank: u32) -> u32 {
    let mut step = 0;
    while step < rank {
        word &= word - 1;
        step += 1;
    }
    word.trailing_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_resort_is_even_over_those_left() {
        let weighted = [u64::MAX, u64::MAX, 0xff];
        let live = [1 << 63 | 1 << 5, 0, 0b101];
        let tried = [5];
        let candidates = Candidates::new(&live).excluding(&tried);
        let mut counts = std::collections::BTreeMap::new();
        for hash in 0..3_000_u64 {
            let hash = hash.wrapping_mul(u64::MAX / 3_000);
            *counts.entry(candidates.any(&weighted, hash)).or_insert(0) += 1;
        }
        let members: Vec<_> = counts.keys().copied().collect();
        assert_eq!(members, [Some(63), Some(128), Some(130)]);
        assert!(counts.values().all(|count| (999..=1_001).contains(count)));
    }

    #[test]
    fn a_share_takes_that_share_of_keys_and_keeps_them_as_it_grows() {
        let live = [1];
        let takes = |share: u16| {
            let acceptance = [share];
            let candidates = Candidates::new(&live).accepting(&acceptance);
            (0..10_000)
                .map(|key| candidates.accept(0, key, || 7))
                .collect::<Vec<_>>()
        };
        let (quarter, half) = (takes(u16::MAX / 4), takes(u16::MAX / 2));
        let count = |keys: &[bool]| keys.iter().filter(|taken| **taken).count();
        assert!((2_350..2_650).contains(&count(&quarter)));
        assert!((4_850..5_150).contains(&count(&half)));
        assert!(quarter.iter().zip(&half).all(|(less, more)| less <= more));
        assert_eq!((count(&takes(0)), count(&takes(u16::MAX))), (0, 10_000));
    }
}
