//! [`Selector`]: a worker's handle for picking origins.

use std::sync::{Arc, atomic::AtomicU64};

use super::{Algorithm, Board, Guard, Hub, Picker, choice::Choice};
use crate::{
    pool::{OriginId, Scope, Slot, Snapshot, Target},
    random::mix,
};

/// A worker's handle for picking origins. Clones share its board of what is in flight, so that
/// a connection may keep one; another worker (a thread, a listener) asks the monitor for a selector of its own, so
/// that no cache line moves between cores. The first thread that picks by it counts what is in flight by plain stores;
/// what begins or ends on another thread is counted as exactly, by locked additions, which take as long as the pick.
///
/// A thread that picks keeps the snapshot it has seen, of up to 32 pools, until it picks again or ends.
///
/// ```
/// use eaves_common::time::Now;
/// use eaves_health::{Algorithm, Monitor, PoolConfig, pool::OriginConfig};
///
/// let config = PoolConfig::new("web")
///     .origin(OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()))
///     .origin(OriginConfig::new("b", "192.0.2.2:80".parse().unwrap()));
/// let monitor = Monitor::new(config, 1, Now::default()).unwrap();
/// let selector = monitor.selector(Algorithm::RoundRobin);
/// let first = selector.pick(&[]).expect("two are there").id();
/// let retry = selector.pick(&[first]).expect("one is left").id();
/// assert_ne!(first, retry);
/// assert!(selector.pick(&[first, retry]).is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Selector(Arc<Worker>);

#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) hub: Arc<Hub>,
    pub(crate) board: Arc<Board>,
    pub(super) algorithm: Algorithm,
    /// The place of its scope among the snapshot's views, its own as long as this is held.
    pub(super) view: usize,
    _scope: Option<Arc<Scope>>,
    pub(super) progress: Progress,
}

/// What picks leave behind, in cache lines of its own: another worker's next pick must not wait for them.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Progress {
    pub(super) draws: AtomicU64,
    pub(super) turns: AtomicU64,
    pub(super) detours: AtomicU64,
}

impl Worker {
    /// Chooses from the newest snapshot. It gives the target where the caller wants it, and stays a call of its own
    /// so that the guard is made where it is kept: to move what was just written costs a third of a pick.
    #[inline(never)]
    fn choose_in_latest(
        &self,
        tried: &[OriginId],
        choose: impl FnOnce(&Choice<'_>) -> Option<Slot>,
        target: &mut Target,
    ) -> Option<Slot> {
        self.hub.snapshot.with(|snapshot| {
            let slot = self.choose(snapshot, tried, choose)?;
            *target = *snapshot.members().target(slot);
            Some(slot)
        })
    }

    #[inline]
    fn choose(
        &self,
        snapshot: &Snapshot,
        tried: &[OriginId],
        choose: impl FnOnce(&Choice<'_>) -> Option<Slot>,
    ) -> Option<Slot> {
        choose(&Choice {
            worker: self,
            snapshot,
            view: snapshot.view(self.view)?,
            tried,
        })
    }

    #[inline]
    pub(super) fn begin(&self, slot: Slot) {
        self.board.begin(slot);
        if self.algorithm == Algorithm::BoundedLoad {
            self.board.begin_total();
        }
    }

    #[inline]
    pub(super) fn end(&self, slot: Slot) {
        self.board.end(slot);
        if self.algorithm == Algorithm::BoundedLoad {
            self.board.end_total();
        }
    }
}

impl Selector {
    /// The hub comes from [`Monitor::hub_for`](crate::Monitor), so that no edit after it lacks the table.
    pub(crate) fn new(hub: Arc<Hub>, algorithm: Algorithm) -> Self {
        Self::scoped(hub, algorithm, None, 0)
    }

    /// `view` is the place of the scope among the snapshot's views.
    pub(crate) fn scoped(
        hub: Arc<Hub>,
        algorithm: Algorithm,
        scope: Option<Arc<Scope>>,
        view: usize,
    ) -> Self {
        if let Some(table) = algorithm.table() {
            hub.make_table(table);
        }
        let (board, seed) = hub.open_board();
        Self(Arc::new(Worker {
            hub,
            board,
            algorithm,
            view,
            _scope: scope,
            progress: Progress {
                draws: AtomicU64::new(seed),
                turns: AtomicU64::new(mix(seed) >> 32),
                detours: AtomicU64::new(mix(seed)),
            },
        }))
    }

    /// Picks an origin for a request, leaving out those in `tried`.
    ///
    /// If all that may be picked were tried, it falls back to members that are believed down: a
    /// doubtful chance is better than none. In [panic](crate::pool::Mode::Panic), where everybody serves, a request that
    /// has tried somebody goes to a healthy origin if one is left. `None` means that every member that takes
    /// requests was tried, or that there is none.
    #[inline]
    pub fn pick(&self, tried: &[OriginId]) -> Option<Guard<'_>> {
        self.choose(tried, |choice| choice.slot())
    }

    /// Picks an origin for a key: the same one each time while it lives and the
    /// [algorithm uses keys](Algorithm::uses_keys), as [`pick`](Self::pick) otherwise.
    #[inline]
    pub fn pick_for(&self, key: u64, tried: &[OriginId]) -> Option<Guard<'_>> {
        self.choose(tried, |choice| choice.slot_for(key))
    }

    /// Picks this origin if it may be picked, another if not: for sessions that should stay where they are.
    #[inline]
    pub fn pick_preferring(&self, origin: OriginId, tried: &[OriginId]) -> Option<Guard<'_>> {
        self.choose(tried, |choice| {
            choice.preferred(origin).or_else(|| choice.slot())
        })
    }

    #[inline]
    fn choose(
        &self,
        tried: &[OriginId],
        choose: impl FnOnce(&Choice<'_>) -> Option<Slot>,
    ) -> Option<Guard<'_>> {
        let mut target = Target::default();
        let slot = self.0.choose_in_latest(tried, choose, &mut target)?;
        Some(Guard::new(&self.0, slot, target))
    }

    /// Picks from a snapshot.
    #[inline]
    pub(super) fn choose_in(
        &self,
        snapshot: &Snapshot,
        tried: &[OriginId],
        choose: impl FnOnce(&Choice<'_>) -> Option<Slot>,
    ) -> Option<Guard<'_>> {
        let slot = self.0.choose(snapshot, tried, choose)?;
        Some(Guard::new(&self.0, slot, *snapshot.members().target(slot)))
    }

    /// Makes a picker: the same choices for a loop that picks often, at less cost.
    #[must_use]
    pub fn picker(&self) -> Picker<'_> {
        Picker::new(self)
    }

    pub(super) fn hub(&self) -> &Hub {
        &self.0.hub
    }

    /// Returns the snapshot that the next pick reads, if no newer one comes.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.hub.snapshot.load_full()
    }
}
