//! [`Choice`]: one pick, by whichever algorithm.

use std::sync::atomic::Ordering::Relaxed;

use super::{Algorithm, selector::Worker};
use crate::{
    pool::{Members, Mode, OriginId, Slot, Snapshot, View},
    random::{GAMMA, mix},
};

/// One pick.
pub(super) struct Choice<'a> {
    pub(super) worker: &'a Worker,
    pub(super) snapshot: &'a Snapshot,
    pub(super) view: &'a View,
    pub(super) tried: &'a [OriginId],
}

/// Draws before the exact but slower choice among the live is made.
const DRAWS: u32 = 8;
/// Turns that may be passed over, likewise.
const TURNS: u32 = 64;

impl Choice<'_> {
    /// Picks without a key.
    #[inline]
    pub(super) fn slot(&self) -> Option<Slot> {
        if let Some(slot) = self.second_chance() {
            return Some(slot);
        }
        let quick = match self.worker.algorithm {
            Algorithm::PowerOfTwo => self.of_two(|slot| self.load(slot)),
            Algorithm::RoundRobin => self.turn(),
            _ => self.by_other_means(),
        };
        quick.or_else(|| self.detour())
    }

    /// Stays a call of its own, so that what is picked by most often fits into the pick.
    #[inline(never)]
    fn by_other_means(&self) -> Option<Slot> {
        match self.worker.algorithm {
            Algorithm::PeakEwma => self.of_two(|slot| self.delay(slot)),
            Algorithm::LeastLoaded => self.least_loaded(),
            _ => self.draw(),
        }
    }

    /// Picks somebody healthy for a request that failed elsewhere while the pool panics. First attempts go to everybody
    /// then, since the healthy alone would drown; of two attempts at least one should go where answers come from.
    #[inline]
    pub(super) fn second_chance(&self) -> Option<Slot> {
        let is_due = !self.tried.is_empty() && self.snapshot.mode() == Mode::Panic;
        is_due.then(|| self.untried_healthy())?
    }

    #[cold]
    fn untried_healthy(&self) -> Option<Slot> {
        let healthy = |slot| self.snapshot.is_healthy_at(slot) && self.view.names(slot);
        self.untried(self.view.live_slots(), healthy)
            .or_else(|| self.untried(self.members().takers(), healthy))
    }

    /// Picks this origin if it may be picked.
    pub(super) fn preferred(&self, origin: OriginId) -> Option<Slot> {
        let slot = self.members().slot(origin)?;
        (self.view.is_live(slot) && !self.was_tried(slot)).then_some(slot)
    }

    #[inline]
    fn of_two(&self, cost: impl Fn(Slot) -> u64) -> Option<Slot> {
        let (first, second) = self.two_alike().or_else(|| self.two_unlike())?;
        // Draws follow the weights already: among the idle the first must win, whatever it weighs.
        let first_is_lighter = if self.members().is_even() {
            cost(first) <= cost(second)
        } else {
            cost(first) * self.weight(second) <= cost(second) * self.weight(first)
        };
        Some(if first_is_lighter { first } else { second })
    }

    /// Draws two where everybody is as good as anybody: one random number does for both.
    #[inline]
    fn two_alike(&self) -> Option<(Slot, Slot)> {
        let is_plain = self.members().is_even() && self.view.is_full() && self.tried.is_empty();
        let count = self.view.live_slots().len();
        if !is_plain || count < 2 {
            return None;
        }
        let random = self.random();
        let first = below(random, count);
        let other = below(random << 32, count - 1);
        let second = other + usize::from(other >= first);
        Some((self.view.live_slot(first)?, self.view.live_slot(second)?))
    }

    #[inline(never)]
    fn two_unlike(&self) -> Option<(Slot, Slot)> {
        let first = self.draw()?;
        let other = (0..2).find_map(|_| self.draw().filter(|&slot| slot != first));
        Some((first, other.unwrap_or(first)))
    }

    /// Draws by weight among the live.
    #[inline]
    fn draw(&self) -> Option<Slot> {
        let members = self.members();
        if !members.is_even() {
            return self.draw_weighted(members);
        }
        let slots = self.view.live_slots().len();
        for _ in 0..DRAWS {
            let slot = self.view.live_slot(below(self.random(), slots))?;
            if self.accepts(slot) {
                return Some(slot);
            }
        }
        self.exact(self.random())
    }

    fn draw_weighted(&self, members: &Members) -> Option<Slot> {
        for _ in 0..DRAWS {
            let slot = members.draw(self.random())?;
            if self.view.is_live(slot) && self.accepts(slot) {
                return Some(slot);
            }
        }
        self.exact(self.random())
    }

    /// Takes the next turn of somebody who lives. Turns of others are passed over for good, so that
    /// theirs do not all fall to their neighbours.
    #[inline]
    fn turn(&self) -> Option<Slot> {
        let members = self.members();
        let order = if members.is_even() {
            self.view.live_slots()
        } else {
            members.turns()
        };
        if order.is_empty() {
            return None;
        }
        let mut at = self.worker.progress.turns.load(Relaxed) as usize;
        for _ in 0..TURNS {
            if at >= order.len() {
                at %= order.len();
            }
            let slot = order[at];
            at += 1;
            if self.view.is_live(slot) && self.accepts(slot) {
                self.worker.progress.turns.store(at as u64, Relaxed);
                return Some(slot);
            }
        }
        self.worker.progress.turns.store(at as u64, Relaxed);
        self.exact(self.worker.progress.detours.fetch_add(GAMMA, Relaxed))
    }

    /// Returns the live slot at a position among all weights, unless it was tried.
    #[inline(never)]
    fn exact(&self, position: u64) -> Option<Slot> {
        let slot = self.view.live_at(position)?;
        (!self.was_tried(slot)).then_some(slot)
    }

    fn least_loaded(&self) -> Option<Slot> {
        let slots = self.view.live_slots();
        let (before, after) = slots.split_at(below(self.random(), slots.len()));
        let all = after.iter().chain(before).copied();
        let willing = all.filter(|&slot| self.accepts(slot));
        willing.reduce(|best, slot| {
            let is_lighter =
                self.load(slot) * self.weight(best) < self.load(best) * self.weight(slot);
            if is_lighter { slot } else { best }
        })
    }

    /// Finds anybody who was not tried: the live first, then the healthy whom traffic does not spill
    /// to, at last those believed down.
    #[cold]
    pub(super) fn detour(&self) -> Option<Slot> {
        let named = |slot| self.view.names(slot);
        self.untried(self.view.live_slots(), named)
            .or_else(|| self.untried_healthy())
            .or_else(|| self.untried(self.members().takers(), named))
    }

    fn untried(&self, slots: &[Slot], fits: impl Fn(Slot) -> bool) -> Option<Slot> {
        let (before, after) = slots.split_at(below(self.random(), slots.len()));
        after
            .iter()
            .chain(before)
            .copied()
            .find(|&slot| fits(slot) && !self.was_tried(slot))
    }

    /// Says whether a live slot takes this request.
    #[inline]
    fn accepts(&self, slot: Slot) -> bool {
        !self.was_tried(slot) && self.view.takes(slot, || self.random())
    }

    #[inline]
    pub(super) fn was_tried(&self, slot: Slot) -> bool {
        !self.tried.is_empty() && self.tried.contains(&self.members().id(slot))
    }

    #[inline]
    pub(super) fn load(&self, slot: Slot) -> u64 {
        u64::from(self.worker.board.load(slot))
    }

    /// What a request would wait there: the latest peak of latency for each in flight, and its own.
    #[inline]
    fn delay(&self, slot: Slot) -> u64 {
        (self.load(slot) + 1) * u64::from(self.worker.board.delay(slot))
    }

    #[inline]
    fn weight(&self, slot: Slot) -> u64 {
        u64::from(self.members().weight(slot))
    }

    #[inline]
    pub(super) fn members(&self) -> &Members {
        self.snapshot.members()
    }

    /// Returns random bits. Threads that share a selector may draw alike now and then, which does no harm.
    #[inline]
    fn random(&self) -> u64 {
        let next = self.worker.progress.draws.load(Relaxed).wrapping_add(GAMMA);
        self.worker.progress.draws.store(next, Relaxed);
        mix(next)
    }
}

/// Maps random bits to a place below `count`.
#[inline]
pub(super) fn below(random: u64, count: usize) -> usize {
    (((random >> 32) * count as u64) >> 32) as usize
}
