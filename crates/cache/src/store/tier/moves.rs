//! [`Moves`]: copies on their way from one store to the other, and what makes them void.

use std::{collections::HashMap, sync::PoisonError};

use super::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering},
};
use crate::{key::Key, stats::Stats};

/// Keys that were removed or replaced while copies of anything were on their way.
///
/// A copy arrives under the lock, and only if its key was not touched since before it was taken: which of two versions
/// is the later one is then never in doubt, whoever is slow.
#[derive(Debug, Default)]
pub(super) struct Moves {
    state: Mutex<State>,
    hits_below: AtomicU64,
    refused: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// Rises with each key that is touched.
    turn: u64,
    under_way: usize,
    /// The turn at which a key was touched last.
    touched: HashMap<Key, u64>,
    /// Turns up to this one may have been forgotten.
    floor: u64,
    moved: Moved,
}

/// How many objects went from one store to the other.
///
/// ```
/// use std::sync::Arc;
/// use eaves_cache::store::{Memory, tier::Tier};
///
/// let tier = Tier::new(Memory::new(1 << 20), Arc::new(Memory::new(8 << 20)));
/// assert_eq!((tier.moved().promoted, tier.moved().demoted), (0, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moved {
    /// Copied up.
    pub promoted: u64,
    /// Written below when they had to leave memory.
    pub demoted: u64,
    /// Not written below, since the store there refused.
    pub refused: u64,
    /// Given up on the way, since the object was removed or replaced.
    pub overtaken: u64,
    /// Written below by a [`Drain`](super::Drain); they are in memory, too.
    pub drained: u64,
}

/// What became of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Arrived,
    /// Its object was removed or replaced since it was taken.
    Overtaken,
    Refused,
}

/// Keys remembered while something is under way.
const MOST: usize = 16_384;

impl Moves {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to watch which keys are touched; returns the turn.
    pub(super) fn begin(&self) -> u64 {
        let mut state = self.lock();
        state.under_way += 1;
        state.turn
    }

    /// Ends what [`begin`](Self::begin) began.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.under_way -= 1;
        if state.under_way == 0 {
            state.touched.clear();
        }
    }

    /// Touches a key: `work` replaces or removes it, and no copy taken before arrives after.
    pub(super) fn replace<R>(&self, key: &Key, work: impl FnOnce() -> R) -> R {
        let mut state = self.lock();
        state.turn += 1;
        if state.under_way > 0 {
            let turn = state.turn;
            if state.touched.len() >= MOST {
                state.touched.clear();
                state.floor = turn;
            }
            state.touched.insert(key.clone(), turn);
        }
        work()
    }

    /// Lets an object arrive below, if nobody touched its key.
    pub(super) fn demote(&self, key: &Key, since: u64, arrive: impl FnOnce()) {
        let mut state = self.lock();
        if state.untouched(key, since) {
            arrive();
            state.moved.demoted += 1;
        }
    }

    /// Lets the copy of an object arrive below, if nobody touched its key; says whether it did, as `arrive` says.
    pub(super) fn drain(&self, key: &Key, since: u64, arrive: impl FnOnce() -> bool) -> Arrival {
        let mut state = self.lock();
        if !state.untouched(key, since) {
            return Arrival::Overtaken;
        }
        if !arrive() {
            return Arrival::Refused;
        }
        state.moved.drained += 1;
        Arrival::Arrived
    }

    /// Lets an object arrive in memory, if nobody touched its key; `arrive` says whether it did.
    pub(super) fn promote(&self, key: &Key, since: u64, arrive: impl FnOnce() -> bool) {
        let mut state = self.lock();
        if state.untouched(key, since) && arrive() {
            state.moved.promoted += 1;
        }
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn hit_below(&self) {
        self.hits_below.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn moved(&self) -> Moved {
        Moved {
            refused: self.refused.load(Ordering::Relaxed),
            ..self.lock().moved
        }
    }

    /// The counts of both stores as those of one.
    pub(super) fn together(&self, memory: Stats, below: Stats) -> Stats {
        let hits_below = self.hits_below.load(Ordering::Relaxed);
        Stats {
            hits: memory.hits + hits_below,
            misses: memory.misses.saturating_sub(hits_below),
            saved_bytes: memory.saved_bytes + below.saved_bytes,
            // What left memory and lies below now has not left.
            evicted: below.evicted,
            evicted_bytes: below.evicted_bytes,
            ages: below.ages,
            dead: memory.dead + below.dead,
            refused: below.refused,
            entries: memory.entries + below.entries,
            bytes: memory.bytes + below.bytes,
            budget: memory.budget + below.budget,
            table_bytes: memory.table_bytes + below.table_bytes,
            ..memory
        }
    }
}

impl State {
    fn untouched(&mut self, key: &Key, since: u64) -> bool {
        let last = self.touched.get(key).copied().unwrap_or(self.floor);
        let untouched = last <= since;
        self.moved.overtaken += u64::from(!untouched);
        untouched
    }
}
