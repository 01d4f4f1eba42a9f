//! [`Choice`]: one pick, by whichever algorithm.

use std::sync::atomic::Ordering::Relaxed;

use super::{Algorithm, selector::Worker};
use crate::{
    pool::{FULL, OriginId, Slot, Snapshot},
    random::{GAMMA, mix},
};

/// One pick.
pub(super) struct Choice<'a> {
    pub(super) worker: &'a Worker,
    pub(super) snapshot: &'a Snapshot,
    pub(super) tried: &'a [OriginId],
}

/// Draws before the exact but slower choice among the live is made.
const DRAWS: u32 = 8;

impl Choice<'_> {
    /// Picks without a key.
    #[inline]
    pub(super) fn slot(&self) -> Option<Slot> {
        let quick = match self.worker.algorithm {
            Algorithm::PowerOfTwo => self.of_two(|slot| self.load(slot)),
            Algorithm::PeakEwma => self.of_two(|slot| self.delay(slot)),
            Algorithm::RoundRobin => self.turn(),
            Algorithm::LeastLoaded => self.least_loaded(),
            _ => self.draw(),
        };
        quick.or_else(|| self.detour())
    }

    /// This origin's slot, if it may be picked.
    pub(super) fn preferred(&self, origin: OriginId) -> Option<Slot> {
        let slot = self.snapshot.members().slot(origin)?;
        (self.snapshot.is_live(slot) && !self.was_tried(slot)).then_some(slot)
    }

    /// Draws two and takes the cheaper for its weight.
    #[inline]
    fn of_two(&self, cost: impl Fn(Slot) -> u64) -> Option<Slot> {
        let first = self.draw()?;
        let Some(second) = self.draw_other(first) else {
            return Some(first);
        };
        // Draws follow the weights already: among the idle the first must win, whatever it weighs.
        let first_is_lighter =
            cost(first) * self.weight(second) <= cost(second) * self.weight(first);
        Some(if first_is_lighter { first } else { second })
    }

    /// Draws in proportion to weight until somebody accepts.
    #[inline]
    fn draw(&self) -> Option<Slot> {
        for _ in 0..DRAWS {
            let slot = self.snapshot.members().draw(self.random())?;
            if self.accepts(slot, || self.random()) {
                return Some(slot);
            }
        }
        let slot = self.snapshot.live_at(self.random())?;
        (!self.was_tried(slot)).then_some(slot)
    }

    #[inline]
    fn draw_other(&self, first: Slot) -> Option<Slot> {
        (0..2).find_map(|_| self.draw().filter(|&slot| slot != first))
    }

    /// Takes the next turn of the rotation. The turns of those that do not accept are spread over
    /// the live: given to a neighbour, they would double its load.
    #[inline]
    fn turn(&self) -> Option<Slot> {
        let turn = self.worker.turns.fetch_add(1, Relaxed);
        let slot = self.snapshot.members().turn(turn)?;
        if self.accepts(slot, || self.random()) {
            return Some(slot);
        }
        let position = self.worker.detours.fetch_add(GAMMA, Relaxed);
        let slot = self.snapshot.live_at(position)?;
        (!self.was_tried(slot)).then_some(slot)
    }

    /// Looks at all the live, from a random start so that equals share.
    fn least_loaded(&self) -> Option<Slot> {
        let slots = self.snapshot.live_slots();
        let (before, after) = slots.split_at(below(self.random(), slots.len()));
        let all = after.iter().chain(before).copied();
        let willing = all.filter(|&slot| self.accepts(slot, || self.random()));
        willing.reduce(|best, slot| {
            let is_lighter =
                self.load(slot) * self.weight(best) < self.load(best) * self.weight(slot);
            if is_lighter { slot } else { best }
        })
    }

    /// Looks at everybody, from a random start: first the live, then whoever takes requests.
    /// At most as many steps as origins were tried are wasted.
    #[cold]
    pub(super) fn detour(&self) -> Option<Slot> {
        self.untried(self.snapshot.live_slots())
            .or_else(|| self.untried(self.snapshot.members().takers()))
    }

    fn untried(&self, slots: &[Slot]) -> Option<Slot> {
        let (before, after) = slots.split_at(below(self.random(), slots.len()));
        after
            .iter()
            .chain(before)
            .copied()
            .find(|&slot| !self.was_tried(slot))
    }

    /// Says whether this slot takes the request; `random` is drawn only if it takes a share.
    #[inline]
    pub(super) fn accepts(&self, slot: Slot, random: impl FnOnce() -> u64) -> bool {
        if !self.snapshot.is_live(slot) || self.was_tried(slot) {
            return false;
        }
        let acceptance = self.snapshot.acceptance(slot);
        acceptance == FULL || (random() >> 48) < u64::from(acceptance)
    }

    #[inline]
    pub(super) fn was_tried(&self, slot: Slot) -> bool {
        !self.tried.is_empty()
            && self
                .tried
                .contains(&self.snapshot.members().target(slot).id)
    }

    #[inline]
    pub(super) fn load(&self, slot: Slot) -> u64 {
        u64::from(self.worker.board.load(slot))
    }

    /// How long one more request would take there.
    #[inline]
    fn delay(&self, slot: Slot) -> u64 {
        (self.load(slot) + 1) * u64::from(self.worker.board.delay(slot))
    }

    #[inline]
    pub(super) fn weight(&self, slot: Slot) -> u64 {
        u64::from(self.snapshot.members().target(slot).weight)
    }

    /// A lost update between threads that share a selector repeats a number, and harms nobody.
    #[inline]
    fn random(&self) -> u64 {
        let next = self.worker.draws.load(Relaxed).wrapping_add(GAMMA);
        self.worker.draws.store(next, Relaxed);
        mix(next)
    }
}

/// Returns a number below `count`, 0 if there is none.
pub(super) fn below(random: u64, count: usize) -> usize {
    (((random >> 32) * count as u64) >> 32) as usize
}
