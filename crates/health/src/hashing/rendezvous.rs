//! [`Rendezvous`]: every member bids for every key, the best bid wins.

use super::{
    BuildError, Candidates, Member,
    member::Roster,
    mix::{GOLDEN, mix, mix2},
};

/// Weighted rendezvous hashing: exact shares, least moves, and every pick asks all members.
///
/// A member's bid for a key is an exponential draw divided by its weight, in integers; so weights are
/// exact, and a change of weight or membership moves only the keys it must.
///
/// ```
/// use eaves_health::hashing::{Candidates, Member, Rendezvous};
///
/// let table = Rendezvous::new(&[Member::new(11, 1), Member::new(22, 3)])?;
/// let live = [0b11_u64];
/// let picks = (0..4_000).filter(|key| table.pick(*key, &Candidates::new(&live)) == Some(1));
/// let share = picks.count();
/// assert!((2_900..3_100).contains(&share), "{share}"); // three quarters
/// # Ok::<(), eaves_health::hashing::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rendezvous {
    members: Box<[(u16, Member)]>,
    weighted: Box<[u64]>,
    /// Whether all have one weight: bids compare as they are.
    even: bool,
}

impl Rendezvous {
    /// Takes the members; there is nothing to build.
    ///
    /// # Errors
    ///
    /// If there are more than [`MAX_MEMBERS`](super::MAX_MEMBERS), or two have one id.
    pub fn new(members: &[Member]) -> Result<Self, BuildError> {
        let roster = Roster::new(members)?;
        let mut weights = roster.sorted.iter().map(|(_, member)| member.weight);
        let first = weights.next();
        Ok(Self {
            even: weights.all(|weight| Some(weight) == first),
            members: roster.sorted.into(),
            weighted: roster.weighted,
        })
    }

    /// Returns the member for a key.
    #[must_use]
    pub fn pick(&self, key: u64, candidates: &Candidates<'_>) -> Option<u32> {
        let hash = mix(key ^ GOLDEN);
        let accept = |index: u16, id: u64| candidates.accept(u32::from(index), hash, || id);
        let winner = if self.even {
            self.most(hash, accept)
        } else {
            self.soonest(hash, accept)
        };
        // All those left may have declined their share: then nobody may.
        winner.or_else(|| candidates.any(&self.weighted, mix(hash)))
    }

    fn most(&self, hash: u64, accept: impl Fn(u16, u64) -> bool) -> Option<u32> {
        let mut best: Option<(u64, u32)> = None;
        for (index, member) in &self.members {
            let bid = mix2(hash, member.id);
            if best.is_none_or(|(most, _)| bid > most) && accept(*index, member.id) {
                best = Some((bid, u32::from(*index)));
            }
        }
        best.map(|(_, index)| index)
    }

    fn soonest(&self, hash: u64, accept: impl Fn(u16, u64) -> bool) -> Option<u32> {
        let mut best: Option<(u64, u64, u32)> = None;
        for (index, member) in &self.members {
            let (time, weight) = (exponential(mix2(hash, member.id)), u64::from(member.weight));
            // time / weight < best time / best weight; both products fit, see `exponential`.
            let sooner = best.is_none_or(|(least, of, _)| time * of < least * weight);
            if sooner && accept(*index, member.id) {
                best = Some((time, weight, u32::from(*index)));
            }
        }
        best.map(|(_, _, index)| index)
    }
}

/// An exponential draw from an even one: -log2, in 2^-25ths, below 2^31.
///
/// A table of 256 steps and a line between them; in integers, since `ln` may differ in its last bit
/// between machines, and a fleet must agree.
fn exponential(even: u64) -> u64 {
    let even = even | 1;
    let octave = even.leading_zeros();
    let mantissa = even << octave;
    let step = (mantissa >> 55 & 0xff) as usize;
    let between = mantissa >> 23 & 0xffff_ffff;
    let (low, high) = (LOG2[step], LOG2[step + 1]);
    let log = low + (((high - low) * between) >> 32);
    ((u64::from(octave) + 1) << FRACTION) - log
}

const FRACTION: u32 = 25;

/// log2(1 + i / 256) in 2^-25ths.
const LOG2: [u64; 257] = {
    let mut table = [0; 257];
    let mut i = 0;
    while i < 256 {
        table[i] = log2(i as u64);
        i += 1;
    }
    table[256] = 1 << FRACTION;
    table
};

/// log2(1 + i / 256), one bit at a time: squaring a number doubles its logarithm.
const fn log2(i: u64) -> u64 {
    let mut x = (256 + i) << 23; // 1 to 2, in 2^-31ths
    let mut log = 0;
    let mut bit = 0;
    while bit < FRACTION {
        x = ((x as u128 * x as u128) >> 31) as u64;
        log <<= 1;
        if x >= 2 << 31 {
            x >>= 1;
            log |= 1;
        }
        bit += 1;
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_near_enough() {
        for even in (0..100_000)
            .map(mix)
            .chain([1, 2, 3, u64::MAX, u64::MAX - 1, 1 << 63])
        {
            let exact = -((even | 1) as f64 / 18_446_744_073_709_551_616.0).log2();
            let ours = exponential(even) as f64 / f64::from(1 << FRACTION);
            assert!(
                (exact - ours).abs() < 4e-6 + exact * 2e-3,
                "{even:x}: {exact} {ours}"
            );
        }
        assert!(exponential(0) < 1 << 32);
    }
}
