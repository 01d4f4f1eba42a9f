//! Tiers: whom the traffic spills to when those before them are too few.

use super::{Bitmap, Members, Slot, view::FULL};

/// How readily traffic spills to lower tiers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spill {
    /// A tier takes all of the traffic while its live weight times this is at least its weight.
    pub(crate) overprovision: f64,
    /// The most of the traffic that goes below the first tier while that has anybody.
    pub(crate) limit: f64,
}

/// The healthy, or the degraded, of one tier.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    /// The weight of its tier.
    whole: f64,
    /// The weight of those who may be picked.
    live: f64,
    /// The share of the traffic that goes there.
    load: f64,
}

/// Scales acceptances so that each tier gets its share: the healthy of the first as much as they can
/// take, then those of the next, at last the degraded in the same order.
pub(super) fn spill(members: &Members, degraded: &Bitmap, terms: Spill, accept: &mut [u16]) {
    if members.groups().is_flat() && degraded.is_empty() {
        return;
    }
    let tiers = members.groups().tiers();
    let level_of = |slot: Slot| {
        let tier = members.groups().tier(slot);
        if degraded.contains(slot) {
            tiers + tier
        } else {
            tier
        }
    };
    let mut levels = vec![Level::default(); tiers * 2];
    for &slot in members.takers() {
        let weight = f64::from(members.weight(slot));
        let tier = members.groups().tier(slot);
        levels[tier].whole += weight;
        levels[tiers + tier].whole += weight;
        levels[level_of(slot)].live += weight * share(accept[slot.index()]);
    }
    load(&mut levels, terms);
    let factor = |level: &Level| {
        if level.live > 0.0 {
            level.load / level.live
        } else {
            0.0
        }
    };
    let mut factors: Vec<f64> = levels.iter().map(factor).collect();
    let most = factors.iter().copied().fold(0.0, f64::max);
    if most > 0.0 {
        factors.iter_mut().for_each(|factor| *factor /= most);
        scale(members.takers(), accept, |slot| factors[level_of(slot)]);
    }
}

/// Says what share of the traffic all tiers together can take, 1 if there is enough.
pub(crate) fn capacity(members: &Members, merits: &[u16], overprovision: f64) -> f64 {
    let mut levels = vec![Level::default(); members.groups().tiers()];
    for &slot in members.takers() {
        let (weight, level) = (
            members.weight(slot),
            &mut levels[members.groups().tier(slot)],
        );
        level.whole += f64::from(weight);
        level.live += f64::from(weight) * share(merits[slot.index()]);
    }
    let sum: f64 = levels.iter().map(|level| level.able(overprovision)).sum();
    sum.min(1.0)
}

fn load(levels: &mut [Level], terms: Spill) {
    let mut left = 1.0_f64;
    for level in levels.iter_mut() {
        level.load = level.able(terms.overprovision).min(left);
        left -= level.load;
    }
    let sum = 1.0 - left;
    if sum > 0.0 {
        levels.iter_mut().for_each(|level| level.load /= sum);
    }
    let Some((first, below)) = levels.split_first_mut() else {
        return;
    };
    let spilled: f64 = below.iter().map(|level| level.load).sum();
    if first.live > 0.0 && spilled > terms.limit {
        first.load = 1.0 - terms.limit;
        below
            .iter_mut()
            .for_each(|level| level.load *= terms.limit / spilled);
    }
}

impl Level {
    /// The share of the traffic that it can take.
    fn able(&self, overprovision: f64) -> f64 {
        if self.whole > 0.0 {
            (self.live / self.whole * overprovision).min(1.0)
        } else {
            0.0
        }
    }
}

pub(super) fn share(accept: u16) -> f64 {
    f64::from(accept) / f64::from(FULL)
}

/// Multiplies acceptances; what is more than nothing stays so unless its factor is 0.
pub(super) fn scale(takers: &[Slot], accept: &mut [u16], factor: impl Fn(Slot) -> f64) {
    for &slot in takers {
        let factor = factor(slot);
        let share = &mut accept[slot.index()];
        // One is the most frequent, and rounding the dearest.
        if *share > 0 && factor != 1.0 {
            let scaled = (f64::from(*share) * factor).round() as u16;
            *share = if factor > 0.0 { scaled.max(1) } else { 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loads(levels: &[(f64, f64)], limit: f64) -> Vec<i32> {
        let level = |&(whole, live): &(f64, f64)| Level {
            whole,
            live,
            load: 0.0,
        };
        let mut levels: Vec<Level> = levels.iter().map(level).collect();
        let overprovision = 1.4;
        load(
            &mut levels,
            Spill {
                overprovision,
                limit,
            },
        );
        let percent = |level: &Level| (level.load * 100.0).round() as i32;
        levels.iter().map(percent).collect()
    }

    #[test]
    fn the_next_tier_takes_what_is_beyond_the_one_before() {
        assert_eq!(loads(&[(10.0, 10.0), (10.0, 10.0)], 1.0), [100, 0]);
        assert_eq!(loads(&[(10.0, 7.2), (10.0, 10.0)], 1.0), [100, 0]);
        assert_eq!(loads(&[(10.0, 5.0), (10.0, 10.0)], 1.0), [70, 30]);
        assert_eq!(loads(&[(10.0, 0.0), (10.0, 10.0)], 1.0), [0, 100]);
        assert_eq!(loads(&[(10.0, 2.0), (10.0, 3.0)], 1.0), [40, 60]);
        assert_eq!(loads(&[(10.0, 0.0), (10.0, 0.0)], 1.0), [0, 0]);
    }

    #[test]
    fn the_spill_is_limited_while_the_first_tier_has_anybody() {
        assert_eq!(loads(&[(10.0, 1.0), (10.0, 10.0)], 0.25), [75, 25]);
        assert_eq!(loads(&[(10.0, 0.0), (10.0, 10.0)], 0.25), [0, 100]);
    }
}
