//! [`Board`]: what the replicas of a node and its driver tell one another.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::sync::Notify;

use super::{Replica, entry::Crowd};
use crate::key::KeyHash;

/// Shared by all replicas that one engine keeps.
#[derive(Debug)]
pub(super) struct Board {
    /// What stands before each lane, such as `{eaves.3}`.
    prefixes: Box<[String]>,
    lanes: Box<[Mutex<VecDeque<Due>>]>,
    /// Most keys that wait in a lane.
    backlog: usize,
    nodes: AtomicU32,
    /// How the store stands, by lane.
    standings: Box<[AtomicU8]>,
    pub(super) tally: Tally,
    urgent: AtomicBool,
    bell: Notify,
    /// Whether the engine is gone.
    closed: AtomicBool,
}

/// How a part of the store stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Standing {
    /// It answers.
    Together,
    /// It came back so lately that it may know few nodes.
    Regrouping,
    /// It does not answer.
    Alone,
}

/// A key that the store is to hear of.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) replica: Arc<Replica>,
    pub(super) key: KeyHash,
}

/// What happened since the start.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) asked: AtomicU64,
    pub(super) asked_in_vain: AtomicU64,
    pub(super) synced: AtomicU64,
    pub(super) synced_keys: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) stray: AtomicU64,
    pub(super) opened: AtomicU64,
    pub(super) overflowed: AtomicU64,
    pub(super) forgotten: AtomicU64,
    pub(super) waiting: AtomicUsize,
    pub(super) interval: AtomicU64,
    pub(super) round_trip: AtomicU64,
}

impl Board {
    /// Makes a board of so many lanes for deltas, and one more for strict rules.
    pub(super) fn new(prefix: &str, lanes: u16, backlog: usize, nodes: u32) -> Self {
        let deltas = (0..lanes).map(|lane| format!("{{{prefix}.{lane}}}"));
        let prefixes: Box<[String]> = deltas.chain([format!("{{{prefix}}}")]).collect();
        Self {
            // Room for all that may wait, so that no request makes some.
            lanes: prefixes
                .iter()
                .map(|_| Mutex::new(VecDeque::with_capacity(backlog)))
                .collect(),
            standings: prefixes.iter().map(|_| AtomicU8::new(0)).collect(),
            prefixes,
            backlog,
            nodes: AtomicU32::new(nodes),
            tally: Tally::default(),
            urgent: AtomicBool::new(false),
            bell: Notify::new(),
            closed: AtomicBool::new(false),
        }
    }

    pub(super) const fn lanes(&self) -> usize {
        self.lanes.len()
    }

    pub(super) fn prefix(&self, lane: usize) -> &str {
        &self.prefixes[lane]
    }

    /// The lane of all strict rules.
    pub(super) const fn strict_lane(&self) -> usize {
        self.lanes.len() - 1
    }

    /// The lane of a key of a delta rule; all nodes agree.
    pub(super) const fn lane_of(&self, key: KeyHash) -> usize {
        (key.as_u64() % self.strict_lane() as u64) as usize
    }

    /// Says how the store stands for the keys of a lane.
    pub(super) fn stand(&self, lane: usize, standing: Standing) {
        self.standings[lane].store(standing as u8, Relaxed);
    }

    /// Whether the keys of a lane go without the store.
    pub(super) fn is_alone(&self, lane: usize) -> bool {
        self.standings[lane].load(Relaxed) == Standing::Alone as u8
    }

    pub(super) fn crowd(&self, lane: usize) -> Crowd {
        Crowd {
            nodes: f64::from(self.nodes.load(Relaxed).max(1)),
            regrouping: self.standings[lane].load(Relaxed) == Standing::Regrouping as u8,
            alone: self.is_alone(lane),
        }
    }

    pub(super) fn meet(&self, nodes: u32) {
        self.nodes.store(nodes, Relaxed);
    }

    pub(super) fn nodes(&self) -> u32 {
        self.nodes.load(Relaxed)
    }

    /// Queues a key; `false` if the lane is full, and the key has to try again.
    pub(super) fn queue(&self, lane: usize, due: Due) -> bool {
        let mut queue = self.lane(lane);
        if self.closed.load(Relaxed) {
            return false;
        }
        if queue.len() >= self.backlog {
            self.tally.overflowed.fetch_add(1, Relaxed);
            return false;
        }
        self.tally.waiting.fetch_add(1, Relaxed);
        queue.push_back(due);
        true
    }

    /// Takes the first keys of a lane.
    pub(super) fn dequeue(&self, lane: usize, most: usize) -> Vec<Due> {
        let mut queue = self.lane(lane);
        let some = queue.len().min(most);
        self.tally.waiting.fetch_sub(some, Relaxed);
        queue.drain(..some).collect()
    }

    /// Ends it: rules are left to themselves. Keys are forgotten, since they hold their replicas, which
    /// hold the board.
    pub(super) fn close(&self) {
        self.closed.store(true, Relaxed);
        (0..self.lanes()).for_each(|lane| self.stand(lane, Standing::Alone));
        (0..self.lanes()).for_each(|lane| drop(self.dequeue(lane, usize::MAX)));
    }

    pub(super) fn is_waiting(&self, lane: usize) -> bool {
        !self.lane(lane).is_empty()
    }

    /// Asks for a sync before its turn.
    pub(super) fn ring(&self) {
        if !self.urgent.swap(true, Relaxed) {
            self.bell.notify_one();
        }
    }

    /// Says whether somebody has rung since the last call.
    pub(super) fn take_ring(&self) -> bool {
        self.urgent.swap(false, Relaxed)
    }

    /// Waits until somebody rings.
    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }

    fn lane(&self, lane: usize) -> MutexGuard<'_, VecDeque<Due>> {
        // A queue is whole after every step.
        self.lanes[lane]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
