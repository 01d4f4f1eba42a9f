//! Picks by key: the same key goes to the same origin while it lives.

use super::{Algorithm, choice::Choice};
use crate::{pool::Slot, random::mix};

/// Hashes of a key tried in the table before the live are looked at alone.
const HASHES: u64 = 8;
/// Points of the ring looked at from a key on.
const POINTS: usize = 512;

impl Choice<'_> {
    /// Picks for a key; algorithms without keys pick as ever.
    #[inline]
    pub(super) fn slot_for(&self, key: u64) -> Option<Slot> {
        let hash = mix(key);
        let quick = match self.worker.algorithm {
            Algorithm::Maglev => self.maglev(hash),
            Algorithm::Ketama => self.ketama(hash),
            Algorithm::Rendezvous => self.rendezvous(hash),
            Algorithm::BoundedLoad => self.bounded_load(hash),
            _ => return self.slot(),
        };
        quick.or_else(|| self.detour())
    }

    /// A flap moves the keys of the origin that flaps, and no other's: who is down keeps its
    /// entries, and its keys are hashed again.
    #[inline]
    fn maglev(&self, hash: u64) -> Option<Slot> {
        let mut next = hash;
        for _ in 0..HASHES {
            let slot = self.snapshot.members().maglev()?.at(next)?;
            if self.takes(slot, hash) {
                return Some(slot);
            }
            next = mix(next);
        }
        let slot = self.snapshot.live_at(next)?;
        (!self.was_tried(slot)).then_some(slot)
    }

    fn ketama(&self, hash: u64) -> Option<Slot> {
        let points = self.snapshot.members().ring()?.from(hash).take(POINTS);
        points.into_iter().find(|&slot| self.takes(slot, hash))
    }

    /// The highest score wins (Thaler and Ravishankar, 1998), by the logarithmic method for weights.
    fn rendezvous(&self, hash: u64) -> Option<Slot> {
        let members = self.snapshot.members();
        let live = self.snapshot.live_slots().iter().copied();
        let scored = live.filter(|&slot| self.takes(slot, hash)).map(|slot| {
            let unit = ((mix(hash ^ members.hash(slot)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
            (slot, -(self.weight(slot) as f64) / unit.ln())
        });
        scored.max_by(|a, b| a.1.total_cmp(&b.1)).map(|best| best.0)
    }

    /// A key goes to the first of its origins whose load is not over 1.25 times its fair share
    /// (Mirrokni et al., 2018).
    fn bounded_load(&self, hash: u64) -> Option<Slot> {
        let live = self.snapshot.live_slots();
        let total = self.worker.board.total() + 1;
        let weights = self.snapshot.live_weight();
        let has_room = |slot: Slot| {
            let fair = total * self.weight(slot) * BOUND_QUARTERS;
            (self.load(slot)) * weights * 4 < fair
        };
        let mut next = hash;
        for _ in 0..HASHES {
            let slot = self.snapshot.members().maglev()?.at(next)?;
            if self.takes(slot, hash) && has_room(slot) {
                return Some(slot);
            }
            next = mix(next);
        }
        let (before, after) = live.split_at(super::choice::below(next, live.len()));
        let mut rest = after.iter().chain(before).copied();
        rest.find(|&slot| self.takes(slot, hash) && has_room(slot))
    }

    /// Whether a slot that takes a share takes this key: always the same keys, and more of them as its share grows.
    #[inline]
    fn takes(&self, slot: Slot, hash: u64) -> bool {
        self.accepts(slot, || {
            mix(hash ^ self.snapshot.members().hash(slot) ^ 0xACCE)
        })
    }
}

/// The bound on a load, in quarters of the fair share.
const BOUND_QUARTERS: u64 = 5;
