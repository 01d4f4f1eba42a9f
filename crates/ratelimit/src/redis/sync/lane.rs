//! [`Lane`]: batches for one slot of the store, one after another.

use std::sync::Arc;

use eaves_common::time::Mono;

use crate::{
    key::KeyHash,
    redis::{Replica, entry::Unsent},
};

/// What is sent to one slot. A batch stays in flight until it is answered, and is sent again as it
/// is, under its number: the store adds up each number once.
#[derive(Debug, Default)]
pub(super) struct Lane {
    number: u64,
    pub(super) flight: Option<Flight>,
    /// Whether a batch is to be made.
    pub(super) due: bool,
}

#[derive(Debug)]
pub(super) struct Flight {
    pub(super) batch: Arc<Batch>,
    pub(super) sent: Mono,
    /// Whether an answer may still come, until then.
    pub(super) deadline: Option<Mono>,
}

/// Deltas of some keys.
#[derive(Debug)]
pub(in crate::redis) struct Batch {
    pub(in crate::redis) lane: usize,
    /// Counts the lane's batches, from 1.
    pub(in crate::redis) number: u64,
    pub(in crate::redis) items: Vec<Item>,
    /// Nodes that may each go over by a burst.
    pub(in crate::redis) nodes: u32,
}

/// What happened to a key.
#[derive(Debug)]
pub(in crate::redis) struct Item {
    pub(in crate::redis) replica: Arc<Replica>,
    pub(in crate::redis) key: KeyHash,
    pub(in crate::redis) unsent: Unsent,
}

impl Lane {
    /// Puts items into flight, to be answered by `deadline`.
    pub(super) fn launch(&mut self, batch: Batch, now: Mono, deadline: Mono) -> Arc<Batch> {
        self.number += 1;
        let batch = Arc::new(Batch {
            number: self.number,
            ..batch
        });
        self.flight = Some(Flight {
            batch: Arc::clone(&batch),
            sent: now,
            deadline: Some(deadline),
        });
        batch
    }

    /// Whether a batch is on its way or has to go again.
    pub(super) const fn is_flying(&self) -> bool {
        self.flight.is_some()
    }

    /// Takes the batch of that number out of flight; `None` if it is no longer there.
    pub(super) fn land(&mut self, number: u64) -> Option<Flight> {
        self.flight.take_if(|flight| flight.batch.number == number)
    }
}

impl Batch {
    /// The most that a key may owe in the store: what all nodes can go over by, twice. It bounds
    /// the harm of a node that tells nonsense.
    pub(in crate::redis) fn ceiling(&self, item: &Item) -> f64 {
        ceiling(item.replica.terms().tolerance(), self.nodes)
    }
}

pub(in crate::redis) fn ceiling(tolerance: f64, nodes: u32) -> f64 {
    2.0 * tolerance * f64::from(nodes.max(1))
}
