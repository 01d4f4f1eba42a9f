//! [`Bounded`]: the same member for a key, unless it has more than its share to do.

use super::{
    BuildError, Candidates, Maglev, Member,
    mix::{GOLDEN, mix},
};

/// Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2018) over a [`Maglev`]
/// table: nobody gets more than `factor` times its share of what is in flight.
///
/// A key goes to the first member in its Maglev sequence that lives and is below its bound. While all
/// are, that is where [`Maglev`] sends it; a key that is most of the load spreads over as many as it
/// needs. Jumping to a random slot instead of the next point on a ring keeps a full member from
/// filling its neighbour.
///
/// ```
/// use eaves_health::hashing::{Bounded, Candidates, Member};
///
/// let members: Vec<Member> = (0..4).map(|id| Member::new(id, 1)).collect();
/// let table = Bounded::new(&members, 1.25)?;
/// let live = [0b1111_u64];
/// let candidates = Candidates::new(&live);
/// let live_weight = table.weight(&candidates);
///
/// let mut in_flight = [0_u32; 4];
/// for total in 0..100 {
///     let bound = table.bound(total, live_weight);
///     let member = table.pick(42, &candidates, bound, |member| in_flight[member as usize]);
///     in_flight[member.unwrap() as usize] += 1; // all with one key
/// }
/// assert!(in_flight.iter().all(|count| *count <= 32), "{in_flight:?}"); // 1.25 of 25
/// # Ok::<(), eaves_health::hashing::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bounded {
    table: Maglev,
    weights: Box<[u32]>,
    factor: f64,
}

impl Bounded {
    /// Builds the table. A factor near 1 spreads load evenly and moves many keys, a great one moves
    /// few; 1.25 is usual. Below 1.01, or not a number, it counts as 1.01: at 1 nothing is sure to
    /// be free.
    ///
    /// # Errors
    ///
    /// If there are more than [`MAX_MEMBERS`](super::MAX_MEMBERS), or two have one id.
    pub fn new(members: &[Member], factor: f64) -> Result<Self, BuildError> {
        Ok(Self {
            table: Maglev::new(members)?,
            weights: members.iter().map(|member| member.weight).collect(),
            factor: factor.max(1.01),
        })
    }

    /// Adds up the weights of those that may be picked: O(n), to be done when health changes.
    #[must_use]
    pub fn weight(&self, candidates: &Candidates<'_>) -> u64 {
        let members = 0..self.weights.len() as u32;
        let live = members.filter(|member| candidates.contains(*member));
        live.map(|member| u64::from(self.weights[member as usize]))
            .sum()
    }

    /// Says how much a unit of weight may have in flight, the request to come included, when `total`
    /// are in flight on members that weigh `live_weight` together.
    #[must_use]
    pub fn bound(&self, total: u64, live_weight: u64) -> Bound {
        let share = (total as f64 + 1.0) / live_weight.max(1) as f64;
        Bound {
            each: share * self.factor,
            total,
        }
    }

    /// Returns the member for a key; `load` says what a member has in flight. If all are at their
    /// bounds, which says that `total` was less than their loads, it goes where [`Maglev`] sends it.
    #[must_use]
    pub fn pick(
        &self,
        key: u64,
        candidates: &Candidates<'_>,
        bound: Bound,
        load: impl Fn(u32) -> u32,
    ) -> Option<u32> {
        let hash = mix(key ^ GOLDEN);
        let free = |member: u32| {
            let weight = self.weights.get(member as usize).copied().unwrap_or(0);
            f64::from(load(member)) < (bound.each * f64::from(weight)).ceil()
        };
        self.table
            .first(hash, |member| {
                self.table.accepts(member, hash, candidates) && free(member)
            })
            .or_else(|| self.any_free(mix(hash ^ bound.total), candidates, free))
            .or_else(|| self.table.pick(key, candidates))
    }

    /// One that is free, from any place on. A key that fills all of its sequence needs many members;
    /// which of them is no longer a matter of keeping to it, so the place moves with the load, and
    /// few are asked before one is free.
    #[cold]
    fn any_free(
        &self,
        hash: u64,
        candidates: &Candidates<'_>,
        free: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let weighted = self.table.weighted();
        let start = candidates.any(weighted, hash)? / 64;
        let words = candidates.words(weighted);
        let ahead = words.clone().skip(start as usize);
        let around = ahead.chain(words.take(start as usize));
        let turn = (hash % 64) as u32;
        around
            .flat_map(|(base, word)| bits(word, turn).map(move |bit| base + bit))
            .find(|member| free(*member))
    }
}

/// What each member may have in flight, from [`Bounded::bound`].
///
/// ```
/// use eaves_health::hashing::{Bounded, Member};
///
/// let table = Bounded::new(&[Member::new(1, 1), Member::new(2, 1)], 1.25)?;
/// assert_ne!(table.bound(9, 2), table.bound(99, 2));
/// # Ok::<(), eaves_health::hashing::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// Requests in flight to a unit of weight.
    each: f64,
    total: u64,
}

/// The set bits of a word, from bit `turn` on and around.
fn bits(word: u64, turn: u32) -> impl Iterator<Item = u32> {
    let mut left = word.rotate_right(turn);
    std::iter::from_fn(move || {
        let bit = (left != 0).then(|| left.trailing_zeros())?;
        left &= left - 1;
        Some((bit + turn) % 64)
    })
}
