//! [`Tables`]: the tables of [`hashing`](crate::hashing) over those who take requests.
//!
//! A table's member `i` is the taker `i` of the pool, see [`Members::takers`].

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use super::{Members, Slot, View};
use crate::{
    hashing::{Bounded, BuildError, Candidates, Ketama, Maglev, Member, Rendezvous},
    random::mix,
};

/// Tables for picks by key, each made when the first selector asks for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
    bounded: OnceLock<Bounded>,
    ketama: OnceLock<Ketama>,
    maglev: OnceLock<Maglev>,
    rendezvous: OnceLock<Rendezvous>,
}

/// A table that some selector of the pool needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Bounded,
    Ketama,
    Maglev,
    Rendezvous,
}

impl Table {
    pub(crate) const ALL: [Self; 4] = [Self::Bounded, Self::Ketama, Self::Maglev, Self::Rendezvous];
}

/// How far over its fair share of what is in flight an origin may go.
const BOUND: f64 = 1.25;

impl Tables {
    /// Makes a table, unless it is there.
    pub(super) fn make(&self, table: Table, members: &Members) {
        match table {
            Table::Bounded => fill(&self.bounded, members, |all| Bounded::new(all, BOUND)),
            Table::Ketama => fill(&self.ketama, members, Ketama::new),
            Table::Maglev => fill(&self.maglev, members, Maglev::new),
            Table::Rendezvous => fill(&self.rendezvous, members, Rendezvous::new),
        }
    }

    /// Says whether a table is there.
    pub(crate) fn has(&self, table: Table) -> bool {
        match table {
            Table::Bounded => self.bounded.get().is_some(),
            Table::Ketama => self.ketama.get().is_some(),
            Table::Maglev => self.maglev.get().is_some(),
            Table::Rendezvous => self.rendezvous.get().is_some(),
        }
    }

    #[inline]
    pub(crate) fn bounded(&self) -> Option<&Bounded> {
        self.bounded.get()
    }

    #[inline]
    pub(crate) fn ketama(&self) -> Option<&Ketama> {
        self.ketama.get()
    }

    #[inline]
    pub(crate) fn maglev(&self) -> Option<&Maglev> {
        self.maglev.get()
    }

    #[inline]
    pub(crate) fn rendezvous(&self) -> Option<&Rendezvous> {
        self.rendezvous.get()
    }
}

/// A pool's configuration allows no more origins than a table holds, and their ids differ. Were
/// there no table all the same, keys would be picked for as if they were none.
fn fill<T>(
    place: &OnceLock<T>,
    members: &Members,
    build: impl FnOnce(&[Member]) -> Result<T, BuildError>,
) {
    if place.get().is_some() {
        return;
    }
    let takers = members.takers().iter().filter_map(|&slot| members.at(slot));
    let named = takers.map(|origin| (hash_name(origin.name()), origin.weight()));
    if let Ok(table) = build(&distinct(named)) {
        // Who was first has made the same.
        let _ = place.set(table);
    }
}

/// Gives those whose names hash alike ids that differ.
fn distinct(named: impl Iterator<Item = (u64, u32)>) -> Vec<Member> {
    let mut taken = HashSet::with_capacity(named.size_hint().0);
    let member = |(place, (hash, weight)): (u64, (u64, u32))| {
        let mut id = hash;
        while !taken.insert(id) {
            id = mix(id ^ mix(place));
        }
        Member::new(id, weight)
    };
    (0..).zip(named).map(member).collect()
}

/// What a table may see of an origin's name: ids and slots depend on what happened to the pool
/// before, and differ from process to process.
pub(crate) fn hash_name(name: &str) -> u64 {
    let start = mix(name.len() as u64 ^ 0x5EED);
    name.as_bytes().chunks(8).fold(start, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mix(hash ^ u64::from_le_bytes(word))
    })
}

/// Who may be picked by key, and for which share of theirs, by their place among the takers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Willing {
    live: Box<[u64]>,
    /// Nothing if all who live take everything.
    acceptance: Box<[u16]>,
    is_full: bool,
}

impl Willing {
    /// Ten thousand are gone through at each change of one: without branches, several go at once.
    pub(crate) fn new(acceptance: Cow<'_, [u16]>) -> Self {
        let is_full = acceptance
            .iter()
            .fold(true, |full, share| full & (share.wrapping_add(1) <= 1));
        Self {
            live: acceptance.chunks(64).map(live_word).collect(),
            acceptance: if is_full {
                Box::default()
            } else {
                acceptance.into()
            },
            is_full,
        }
    }

    /// Returns those of the takers who may be picked.
    pub(super) fn among(&self, takers: &[Slot]) -> Box<[Slot]> {
        let count: u32 = self.live.iter().map(|word| word.count_ones()).sum();
        let mut live = Vec::with_capacity(count as usize);
        for (word, takers) in self.live.iter().zip(takers.chunks(64)) {
            if word.count_ones() as usize == takers.len() {
                live.extend_from_slice(takers);
                continue;
            }
            let mut rest = *word;
            while rest != 0 {
                live.push(takers[rest.trailing_zeros() as usize]);
                rest &= rest - 1;
            }
        }
        live.into_boxed_slice()
    }

    /// Returns who may be picked, a bit each.
    pub(super) fn live(&self) -> &[u64] {
        &self.live
    }

    /// Says whether all who may be picked take everything that falls to them.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    #[inline]
    pub(crate) fn candidates(&self) -> Candidates<'_> {
        Candidates::new(&self.live).accepting(&self.acceptance)
    }
}

/// A bit for each of up to 64 shares that is more than nothing.
fn live_word(shares: &[u16]) -> u64 {
    let mut bytes = [0_u8; 64];
    for (byte, share) in bytes.iter_mut().zip(shares) {
        *byte = u8::from(*share > 0);
    }
    // Eight bytes that are 0 or 1 times this have them in order in the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (eights, _) = bytes.as_chunks::<8>();
    let gathered = eights
        .iter()
        .map(|eight| u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56);
    (0..)
        .step_by(8)
        .zip(gathered)
        .fold(0, |word, (at, bits)| word | bits << at)
}

/// Members of before, whose table serves until that of the present ones is built: keys stay where
/// they were, those of members that are gone go elsewhere, and members that are fresh wait.
#[derive(Clone, Debug)]
pub(crate) struct Former {
    table: Table,
    members: Arc<Members>,
    /// By scope: who of them may still be picked.
    willing: Box<[Willing]>,
}

impl Former {
    pub(super) fn new(table: Table, old: Arc<Members>, new: &Members, views: &[View]) -> Self {
        let stays = |slot: Slot| {
            let now = new.at(slot).filter(|origin| origin.takes_requests());
            now.is_some_and(|origin| origin.id() == old.id(slot))
        };
        let acceptance = |view: &View| {
            let takers = old.takers().iter();
            let share = |&slot: &Slot| {
                if stays(slot) {
                    view.acceptance(slot)
                } else {
                    0
                }
            };
            Willing::new(takers.map(share).collect())
        };
        let willing = views.iter().map(acceptance).collect();
        Self {
            table,
            willing,
            members: old,
        }
    }

    pub(super) fn is_for(&self, table: Table) -> bool {
        self.table == table
    }

    pub(crate) fn members(&self) -> &Members {
        &self.members
    }

    pub(crate) fn willing(&self, view: usize) -> Option<&Willing> {
        self.willing.get(view).or_else(|| self.willing.first())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_hash_alike_have_their_share_all_the_same() {
        let members = distinct([(7, 1), (7, 2), (8, 3), (7, 4)].into_iter());
        let weights: Vec<u32> = members.iter().map(|member| member.weight).collect();
        assert_eq!(
            (members[0].id, members[2].id, weights),
            (7, 8, vec![1, 2, 3, 4])
        );
        assert!(Maglev::new(&members).is_ok());
    }

    #[test]
    fn who_takes_nothing_does_not_live() {
        let mut acceptance = vec![9; 130];
        acceptance[64] = 0;
        acceptance[129] = 0;
        let willing = Willing::new(acceptance.into());
        let live = (0..200).filter(|at| willing.candidates().contains(*at));
        let expected = (0..129).filter(|at| *at != 64);
        assert_eq!(live.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}
