//! [`View`]: who may be picked, laid out for picking.

use std::borrow::Cow;

use super::{Bitmap, Members, Slot, Willing, members::nth};

/// Who may be picked through one [`Scope`](super::Scope), and how readily, laid out for picking.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    /// Who may be picked: the healthy, those on trial, and everybody in panic.
    live: Bitmap,
    /// The same as a list.
    live_slots: Box<[Slot]>,
    /// The share of what falls to a slot that it takes.
    accept: Box<[u16]>,
    /// Running totals of weight x acceptance by place in `live_slots`; nothing if all are alike.
    totals: Box<[u64]>,
    live_weight: u64,
    /// All who are live take everything that falls to them.
    is_full: bool,
    /// The same for picks by key.
    willing: Willing,
    /// Those whom the scope names, if it leaves some of the pool out.
    named: Option<Bitmap>,
}

/// The acceptance of an origin that takes all that falls to it.
pub(crate) const FULL: u16 = u16::MAX;

impl View {
    pub(crate) fn new(members: &Members, accept: Vec<u16>, named: Option<Bitmap>) -> Self {
        let takers = members.takers();
        let is_alike = takers.len() == accept.len();
        let willing = Willing::new(match is_alike {
            true => Cow::Borrowed(&accept),
            false => takers.iter().map(|slot| accept[slot.index()]).collect(),
        });
        let live_slots = willing.among(takers);
        let live = match is_alike {
            true => Bitmap::of_words(willing.live()),
            false => Bitmap::of(members.slots(), &live_slots),
        };
        let mut view = Self {
            live,
            live_weight: 0,
            is_full: willing.is_full(),
            totals: Box::default(),
            live_slots,
            accept: accept.into_boxed_slice(),
            willing,
            named,
        };
        view.add_up(members);
        view
    }

    /// Says whether a slot may be picked.
    #[inline]
    pub(crate) fn is_live(&self, slot: Slot) -> bool {
        self.live.contains(slot)
    }

    #[inline]
    pub(crate) fn live_slots(&self) -> &[Slot] {
        &self.live_slots
    }

    /// Returns the live slot at this place among them.
    #[inline]
    pub(crate) fn live_slot(&self, place: usize) -> Option<Slot> {
        nth(&self.live_slots, place, self.accept.len())
    }

    /// Says whether all who are live take everything that falls to them.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Says whether a live slot takes a request, given random bits.
    #[inline]
    pub(crate) fn takes(&self, slot: Slot, random: impl FnOnce() -> u64) -> bool {
        if self.is_full {
            return true;
        }
        let share = self.accept.get(slot.index()).copied().unwrap_or(0);
        share == FULL || (random() >> 48) < u64::from(share)
    }

    /// Returns the share of what falls to this slot that it takes, of 65 535.
    pub(crate) fn acceptance(&self, slot: Slot) -> u16 {
        self.accept.get(slot.index()).copied().unwrap_or(0)
    }

    /// Says whether the scope names a slot at all, dead or alive.
    pub(crate) fn names(&self, slot: Slot) -> bool {
        self.named.as_ref().is_none_or(|named| named.contains(slot))
    }

    /// Returns who may be picked, as hash tables know them.
    #[inline]
    pub(crate) fn willing(&self) -> &Willing {
        &self.willing
    }

    /// Returns the sum of the weights of those who may be picked.
    pub(crate) fn live_weight(&self) -> u64 {
        self.live_weight
    }

    /// Returns the live slot at `position` of 2^64 in the running totals of weight.
    pub(crate) fn live_at(&self, position: u64) -> Option<Slot> {
        let Some(&total) = self.totals.last() else {
            let at = (u128::from(position) * self.live_slots.len() as u128) >> 64;
            return self.live_slots.get(at as usize).copied();
        };
        let mark = ((u128::from(position) * u128::from(total)) >> 64) as u64;
        let at = self.totals.partition_point(|&upto| upto <= mark);
        self.live_slots.get(at).copied()
    }

    fn add_up(&mut self, members: &Members) {
        let weight = |slot: &Slot| u64::from(members.weight(*slot));
        if members.is_even() {
            let one = self.live_slots.first().map_or(0, weight);
            self.live_weight = one * self.live_slots.len() as u64;
        } else {
            self.live_weight = self.live_slots.iter().map(weight).sum();
        }
        if members.is_even() && self.is_full {
            return;
        }
        let mut total = 0;
        let shares = self.live_slots.iter().map(|slot| {
            total += weight(slot) * u64::from(self.accept[slot.index()]);
            total
        });
        self.totals = shares.collect();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::pool::{Origin, OriginConfig, OriginId};

    fn members(weights: &[u32]) -> Members {
        let addr = "192.0.2.1:80".parse().unwrap();
        let origin = |(at, &weight): (usize, &u32)| {
            let config = OriginConfig::new(at.to_string(), addr).weight(weight);
            let id = OriginId::new(at as u64);
            Some(Arc::new(Origin { id, config }))
        };
        Members::new(weights.iter().enumerate().map(origin).collect())
    }

    #[test]
    fn draws_by_position_follow_weight_and_acceptance() {
        for (weights, accept, shares) in [
            ([1, 1, 1, 1], [FULL, 0, FULL, FULL], [3333, 0, 3333, 3333]),
            ([2, 2, 2, 2], [FULL, FULL / 2, 0, 0], [6666, 3333, 0, 0]),
            ([5, 1, 0, 4], [FULL, FULL, FULL, 0], [8333, 1666, 0, 0]),
        ] {
            let view = View::new(&members(&weights), accept.to_vec(), None);
            let mut counts = [0_i64; 4];
            for step in 0..10_000_u64 {
                let slot = view.live_at(step * (u64::MAX / 10_000)).unwrap();
                counts[slot.index()] += 1;
            }
            for (count, share) in counts.iter().zip(shares) {
                assert!((count - share).abs() <= 2, "{counts:?}");
            }
        }
    }

    #[test]
    fn without_the_living_nobody_is_drawn() {
        let view = View::new(&members(&[1, 1]), vec![0, 0], None);
        assert_eq!((view.live_at(7), view.live_weight()), (None, 0));
        assert!(!view.is_live(Slot::new(0)));
    }
}
