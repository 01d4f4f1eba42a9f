//! Picks by key: the same key goes to the same origin while it lives.
//!
//! What moves which key is decided in [`hashing`](crate::hashing); here slots and origins become members.

use super::{choice::Choice, selector::Worker};
use crate::{
    hashing::Candidates,
    pool::{Members, Slot, Table, Tables, Willing},
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
        self.second_chance()
            .or_else(|| self.keyed(table, key))
            .filter(|&slot| !self.was_tried(slot))
            .or_else(|| self.detour())
    }

    /// Picks by a table of the members there are, or of those before while that is not built.
    #[inline]
    fn keyed(&self, table: Table, key: u64) -> Option<Slot> {
        let members = self.members();
        if members.tables().has(table) {
            return self.among(members, self.view.willing(), table, key);
        }
        let former = self.snapshot.former(table)?;
        let willing = former.willing(self.worker.view)?;
        self.among(former.members(), willing, table, key)
    }

    #[inline]
    fn among(&self, members: &Members, willing: &Willing, table: Table, key: u64) -> Option<Slot> {
        let candidates = willing.candidates();
        if self.tried.is_empty() {
            return self.lookup(members, table, key, &candidates);
        }
        let mut tried = [0; MOST_TRIED];
        let tried = self.tried_members(members, &mut tried);
        self.lookup(members, table, key, &candidates.excluding(tried))
    }

    #[inline]
    fn lookup(
        &self,
        members: &Members,
        table: Table,
        key: u64,
        candidates: &Candidates<'_>,
    ) -> Option<Slot> {
        let tables = members.tables();
        let member = match table {
            Table::Bounded => self.bounded(members, tables, key, candidates),
            Table::Ketama => tables.ketama()?.pick(key, candidates),
            Table::Maglev => tables.maglev()?.pick(key, candidates),
            Table::Rendezvous => tables.rendezvous()?.pick(key, candidates),
        };
        members.taker_at(member? as usize)
    }

    fn bounded(
        &self,
        members: &Members,
        tables: &Tables,
        key: u64,
        candidates: &Candidates<'_>,
    ) -> Option<u32> {
        let table = tables.bounded()?;
        let Worker { board, .. } = self.worker;
        let bound = table.bound(board.total(), self.view.live_weight());
        table.pick(key, candidates, bound, |member| {
            board.load(members.takers()[member as usize])
        })
    }

    fn tried_members<'b>(&self, members: &Members, buffer: &'b mut [u32; MOST_TRIED]) -> &'b [u32] {
        let tried = self.tried.iter().filter_map(|&id| members.taker(id));
        let mut count = 0;
        for (place, member) in buffer.iter_mut().zip(tried) {
            *place = member;
            count += 1;
        }
        &buffer[..count]
    }
}
