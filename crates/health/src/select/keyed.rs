//! Picks by key: the same key goes to the same origin while it lives.
//!
//! What moves which key is decided in [`hashing`](crate::hashing); here slots and origins become members.

use super::{choice::Choice, selector::Worker};
use crate::{
    hashing::Candidates,
    pool::{Slot, Table},
};

/// Origins tried that are left out from the start. With more, a key may find one of the others
/// that were tried, and is then picked for without its key.
const MOST_TRIED: usize = 16;

impl Choice<'_> {
    /// Picks for a key; algorithms without keys pick as ever.
    #[inline]
    pub(super) fn slot_for(&self, key: u64) -> Option<Slot> {
        let Some(table) = self.worker.algorithm.table() else {
            return self.slot();
        };
        self.keyed(table, key)
            .filter(|&slot| !self.was_tried(slot))
            .or_else(|| self.detour())
    }

    #[inline]
    fn keyed(&self, table: Table, key: u64) -> Option<Slot> {
        let mut tried = [0; MOST_TRIED];
        let tried = self.tried_members(&mut tried);
        let candidates = self.snapshot.candidates().excluding(tried);
        let tables = self.snapshot.members().tables();
        let member = match table {
            Table::Bounded => self.bounded(key, &candidates),
            Table::Ketama => tables.ketama()?.pick(key, &candidates),
            Table::Maglev => tables.maglev()?.pick(key, &candidates),
            Table::Rendezvous => tables.rendezvous()?.pick(key, &candidates),
        };
        Some(self.slot_of(member?))
    }

    fn bounded(&self, key: u64, candidates: &Candidates<'_>) -> Option<u32> {
        let table = self.snapshot.members().tables().bounded()?;
        let Worker { board, .. } = self.worker;
        let bound = table.bound(board.total(), self.snapshot.live_weight());
        table.pick(key, candidates, bound, |member| {
            board.load(self.slot_of(member))
        })
    }

    #[inline]
    fn tried_members<'b>(&self, buffer: &'b mut [u32; MOST_TRIED]) -> &'b [u32] {
        let members = self.snapshot.members();
        let tried = self.tried.iter().filter_map(|&id| members.taker(id));
        let mut count = 0;
        for (place, member) in buffer.iter_mut().zip(tried) {
            *place = member;
            count += 1;
        }
        &buffer[..count]
    }

    #[inline]
    fn slot_of(&self, member: u32) -> Slot {
        self.snapshot.members().takers()[member as usize]
    }
}
