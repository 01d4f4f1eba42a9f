//! [`Board`]: what the replicas of a node and its driver tell one another.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
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
    /// Whether delta rules go without the store.
    pub(super) alone: AtomicBool,
    /// Whether the store came back so lately that it may know few nodes.
    pub(super) regrouping: AtomicBool,
    pub(super) tally: Tally,
    urgent: AtomicBool,
    bell: Notify,
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
            lanes: prefixes.iter().map(|_| Mutex::default()).collect(),
            prefixes,
            backlog,
            nodes: AtomicU32::new(nodes),
            alone: AtomicBool::new(false),
            regrouping: AtomicBool::new(false),
            tally: Tally::default(),
            urgent: AtomicBool::new(false),
            bell: Notify::new(),
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

    pub(super) fn crowd(&self) -> Crowd {
        Crowd {
            nodes: f64::from(self.nodes.load(Relaxed).max(1)),
            regrouping: self.regrouping.load(Relaxed),
            alone: self.alone.load(Relaxed),
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

    /// Forgets all keys: at the end, since they hold their replicas, which hold the board.
    pub(super) fn clear(&self) {
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
