//! Nodes that lost one store at the same moment, and when each of them talks to it again.

use std::{sync::Arc, time::Duration};

use eaves_common::time::Mono;

use super::super::{
    Distributed, OnStoreError, Replica,
    board::Board,
    replica::Sharing,
    script::{Reply, Told},
    sync::{Plan, Sync},
};
use crate::{key::KeyHash, table::Capacity};

const NODES: u64 = 40;
const KEY: KeyHash = KeyHash::new(7);
/// The store is gone between these milliseconds.
const GONE: std::ops::Range<u64> = 1_000..6_000;
const PLAN: Plan = Plan {
    shortest: Duration::from_millis(50),
    longest: Duration::from_millis(200),
    deadline: Duration::from_millis(5),
    batch: 4,
    nodes: NODES as u32,
};

/// The milliseconds in which a node's batches come to a store that is there.
fn arrivals(seed: u64) -> Vec<u64> {
    let sharing = Sharing {
        kind: Distributed::Delta,
        on_store_error: OnStoreError::Local,
    };
    let board = Arc::new(Board::new("p", 1, 16, 1));
    let rate = "1000/1s burst 100".parse().expect("a rate");
    let capacity = Capacity::new(64).expect("in range");
    let replica = Arc::new(Replica::new("r", rate, capacity, sharing));
    replica.attach(&board);
    let mut sync = Sync::new(board, PLAN, seed, Mono::ZERO);
    let mut arrived = Vec::new();
    for millis in 0..8_000 {
        let now = Mono::ZERO + Duration::from_millis(millis);
        let _ = replica.check(KEY, 1, now);
        sync.handle_timeout(now);
        while let Some(batch) = sync.poll_batch(now) {
            if GONE.contains(&millis) {
                continue; // nobody answers
            }
            arrived.push(millis);
            let reply = Reply {
                nodes: NODES as u32,
                told: vec![Told::default(); batch.items.len()],
            };
            sync.handle_reply(batch.lane, batch.number, &reply, now);
        }
    }
    arrived
}

/// The most of these that lie within so many milliseconds.
fn most_within(mut times: Vec<u64>, millis: u64) -> usize {
    times.sort_unstable();
    let from = |first: &u64| times.partition_point(|time| *time < first + millis);
    let windows = times.iter().enumerate();
    windows
        .map(|(at, first)| from(first) - at)
        .max()
        .unwrap_or(0)
}

#[test]
fn nodes_that_lost_the_store_together_come_back_one_by_one() {
    let back: Vec<Vec<u64>> = (0..NODES)
        .map(|node| {
            let times = arrivals(node.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
            times.into_iter().filter(|at| *at >= GONE.end).collect()
        })
        .collect();
    assert!(back.iter().all(|times| times.len() > 3), "{back:?}");

    let first = back.iter().map(|times| times[0]).collect();
    assert!(most_within(first, 50) <= NODES as usize / 4, "{back:?}");

    // The next comes after a wait of its own, not with the next round.
    let waits: Vec<u64> = back.iter().map(|times| times[1] - times[0]).collect();
    assert!(waits.iter().any(|wait| *wait > 150), "{waits:?}");
    assert!(most_within(waits, 20) <= NODES as usize / 2, "{back:?}");
}
