//! The order in which smooth weighted round robin visits slots, worked out once per membership.

use super::Slot;

/// A cycle in which each slot stands as often as its weight asks, as evenly spread as can be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rotation {
    cycle: Box<[Slot]>,
}

/// A cycle longer than this is scaled down: 256 KiB for a pool.
const LONGEST: u64 = 65_536;

impl Rotation {
    pub(crate) fn new(weighted: &[(Slot, u32)]) -> Self {
        let mut weights: Vec<(Slot, u64)> = weighted
            .iter()
            .filter(|w| w.1 > 0)
            .map(|w| (w.0, u64::from(w.1)))
            .collect();
        scale(&mut weights);
        let length: u64 = weights.iter().map(|w| w.1).sum();
        // Visit k of a slot is due at (k + phase) / weight. The phases differ, so that slots of
        // equal weight do not come all at once.
        let count = weights.len() as f64;
        let mut visits: Vec<(f64, u32, Slot)> = Vec::with_capacity(length as usize);
        for (at, &(slot, weight)) in (0_u32..).zip(&weights) {
            let phase = (f64::from(at) + 0.5) / count;
            let due = |visit: u64| (visit as f64 + phase) / weight as f64;
            visits.extend((0..weight).map(|visit| (due(visit), at, slot)));
        }
        visits.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        Self {
            cycle: visits.into_iter().map(|visit| visit.2).collect(),
        }
    }

    /// Returns the cycle; it is empty if nobody has weight.
    #[inline]
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.cycle
    }
}

/// Reduces the weights by their common divisor, then as far as [`LONGEST`] asks.
fn scale(weights: &mut [(Slot, u64)]) {
    let divisor = weights.iter().fold(0, |common, w| gcd(common, w.1));
    for weight in weights.iter_mut() {
        weight.1 /= divisor;
    }
    let total: u64 = weights.iter().map(|w| w.1).sum();
    let room = LONGEST.max(weights.len() as u64 * 4);
    if total > room {
        for weight in weights.iter_mut() {
            weight.1 = (weight.1 * room / total).max(1);
        }
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycle(weights: &[u32]) -> Vec<usize> {
        let weighted: Vec<_> = (0..).map(Slot::new).zip(weights.iter().copied()).collect();
        let rotation = Rotation::new(&weighted);
        rotation.cycle.iter().map(|slot| slot.index()).collect()
    }

    #[test]
    fn a_heavy_origin_is_spread_and_not_clumped() {
        assert_eq!(cycle(&[1, 1, 1]), [0, 1, 2]);
        assert_eq!(cycle(&[5, 1, 1]), [0, 0, 0, 1, 0, 0, 2]);
        assert_eq!(cycle(&[200, 100]), [0, 0, 1]);
        assert_eq!(cycle(&[0, 3]), [1]);
        assert_eq!(cycle(&[]), Vec::<usize>::new());
    }

    #[test]
    fn long_cycles_are_scaled_and_keep_everybody() {
        let cycle = cycle(&[4_000_000_000, 4_000_000_000 - 1, 1]);
        assert!(cycle.len() <= LONGEST as usize + 3);
        assert!(cycle.contains(&2));
    }
}
