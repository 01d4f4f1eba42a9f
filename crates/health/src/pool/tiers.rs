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
    let mut levels = add_up(members, degraded, accept);
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
    if most <= 0.0 {
        return;
    }
    factors.iter_mut().for_each(|factor| *factor /= most);
    // Mostly the healthy can take it all, and only the few degraded are looked at.
    if tiers == 1 && factors[0] == 1.0 {
        scale(degraded.slots(), accept, |_| factors[1]);
    } else {
        let takers = members.takers().iter().copied();
        scale(takers, accept, |slot| factors[level_of(slot)]);
    }
}

/// Adds up what the healthy of each tier can take, then what its degraded can.
fn add_up(members: &Members, degraded: &Bitmap, accept: &[u16]) -> Vec<Level> {
    let tiers = members.groups().tiers();
    let mut whole = vec![0_u64; tiers];
    let mut live = vec![0_u64; tiers * 2];
    let weighed = |&slot: &Slot| {
        let weight = u64::from(members.weight(slot));
        (weight, weight * u64::from(accept[slot.index()]))
    };
    let takers = members.takers().iter();
    if tiers == 1 {
        (whole[0], live[0]) = takers
            .map(weighed)
            .fold((0, 0), |sum, (weight, able)| (sum.0 + weight, sum.1 + able));
    } else {
        for (slot, (weight, able)) in takers.map(|slot| (slot, weighed(slot))) {
            let tier = members.groups().tier(*slot);
            whole[tier] += weight;
            live[tier] += able;
        }
    }
    for slot in degraded.slots().filter(|&slot| members.takes(slot)) {
        let able = u64::from(members.weight(slot)) * u64::from(accept[slot.index()]);
        let tier = members.groups().tier(slot);
        live[tier] -= able;
        live[tiers + tier] += able;
    }
    let level = |(live, whole): (&u64, &u64)| Level {
        whole: *whole as f64,
        live: *live as f64 / f64::from(FULL),
        load: 0.0,
    };
    live.iter().zip(whole.iter().cycle()).map(level).collect()
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
pub(super) fn scale(
    takers: impl Iterator<Item = Slot>,
    accept: &mut [u16],
    factor: impl Fn(Slot) -> f64,
) {
    for slot in takers {
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
