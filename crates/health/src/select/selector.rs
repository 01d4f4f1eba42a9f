//! [`Selector`]: a worker's handle for picking origins.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{Algorithm, Board, Guard, Hub};
use crate::{
    pool::{FULL, OriginId, Slot, Snapshot},
    random::{GAMMA, mix},
};

/// A worker's handle for picking origins. Clones share its board of what is in flight, so that
/// a connection may keep one; another worker (a thread, a listener) asks the monitor for a selector of its own, so
/// that no cache line moves between cores.
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
    algorithm: Algorithm,
    draws: AtomicU64,
    turns: AtomicU64,
    detours: AtomicU64,
}

/// Draws before the exact but slower choice among the live is made: 8 lead past nine tenths
/// when a third is down.
const DRAWS: u32 = 8;

impl Selector {
    pub(crate) fn new(hub: Arc<Hub>, algorithm: Algorithm) -> Self {
        let (board, seed) = hub.open_board();
        Self(Arc::new(Worker {
            hub,
            board,
            algorithm,
            draws: AtomicU64::new(seed),
            turns: AtomicU64::new(mix(seed) >> 32),
            detours: AtomicU64::new(mix(seed)),
        }))
    }

    /// Picks an origin for a request, leaving out those in `tried`.
    ///
    /// If all that may be picked were tried, it falls back to members that are believed down: a
    /// doubtful chance is better than none. `None` means that every member that takes
    /// requests was tried, or that there is none.
    #[inline]
    pub fn pick(&self, tried: &[OriginId]) -> Option<Guard<'_>> {
        let worker = &*self.0;
        let snapshot = worker.hub.snapshot.load();
        let choice = Choice {
            worker,
            snapshot: &snapshot,
            tried,
        };
        let slot = choice.slot()?;
        Some(Guard::new(&self.0, slot, snapshot.members().target(slot)))
    }

    /// Returns the snapshot that the next pick reads, if no newer one comes.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.hub.snapshot.load_full()
    }
}

/// One pick.
struct Choice<'a> {
    worker: &'a Worker,
    snapshot: &'a Snapshot,
    tried: &'a [OriginId],
}

impl Choice<'_> {
    #[inline]
    fn slot(&self) -> Option<Slot> {
        let quick = match self.worker.algorithm {
            Algorithm::PowerOfTwo => self.power_of_two(),
            Algorithm::Random => self.draw(),
            Algorithm::RoundRobin => self.turn(),
        };
        quick.or_else(|| self.detour())
    }

    #[inline]
    fn power_of_two(&self) -> Option<Slot> {
        let first = self.draw()?;
        let Some(second) = self.draw_other(first) else {
            return Some(first);
        };
        let load = |slot| u64::from(self.worker.board.load(slot));
        let weight = |slot| u64::from(self.snapshot.members().target(slot).weight);
        // Draws follow the weights already: among the idle the first must win, whatever it weighs.
        let first_is_lighter = load(first) * weight(second) <= load(second) * weight(first);
        Some(if first_is_lighter { first } else { second })
    }

    /// Draws in proportion to weight until somebody accepts.
    #[inline]
    fn draw(&self) -> Option<Slot> {
        for _ in 0..DRAWS {
            let slot = self.snapshot.members().draw(self.random())?;
            if self.accepts(slot) {
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
        if self.accepts(slot) {
            return Some(slot);
        }
        let position = self.worker.detours.fetch_add(GAMMA, Relaxed);
        let slot = self.snapshot.live_at(position)?;
        (!self.was_tried(slot)).then_some(slot)
    }

    /// Looks at everybody, from a random start: first the live, then whoever takes requests.
    /// At most as many steps as origins were tried are wasted.
    #[cold]
    fn detour(&self) -> Option<Slot> {
        self.untried(self.snapshot.live_slots())
            .or_else(|| self.untried(self.snapshot.members().takers()))
    }

    fn untried(&self, slots: &[Slot]) -> Option<Slot> {
        let start = (((self.random() >> 32) * slots.len() as u64) >> 32) as usize;
        let (before, after) = slots.split_at(start);
        after
            .iter()
            .chain(before)
            .copied()
            .find(|&slot| !self.was_tried(slot))
    }

    #[inline]
    fn accepts(&self, slot: Slot) -> bool {
        if !self.snapshot.is_live(slot) || self.was_tried(slot) {
            return false;
        }
        let acceptance = self.snapshot.acceptance(slot);
        acceptance == FULL || (self.random() >> 48) < u64::from(acceptance)
    }

    #[inline]
    fn was_tried(&self, slot: Slot) -> bool {
        !self.tried.is_empty()
            && self
                .tried
                .contains(&self.snapshot.members().target(slot).id)
    }

    /// A lost update between threads that share a selector repeats a number, and harms nobody.
    #[inline]
    fn random(&self) -> u64 {
        let next = self.worker.draws.load(Relaxed).wrapping_add(GAMMA);
        self.worker.draws.store(next, Relaxed);
        mix(next)
    }
}
