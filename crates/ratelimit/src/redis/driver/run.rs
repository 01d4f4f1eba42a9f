//! The task that carries batches to the store.

use std::{sync::Arc, time::Duration};

use eaves_common::time::Mono;
use tokio::{task::JoinSet, time};

use super::engine::Shared;
use crate::redis::{
    script::{self, Reply},
    sync::{Batch, State},
};

/// A batch that was sent, and what came of it.
struct Landed {
    lane: usize,
    number: u64,
    reply: Option<Reply>,
}

/// How long the last batches may take at the end.
const LAST: Duration = Duration::from_secs(1);

/// Syncs until it is stopped; then once more.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut flights = JoinSet::new();
    loop {
        let wake = turn(&shared, &mut flights);
        tokio::select! {
            Some(landed) = flights.join_next() => land(&shared, landed.ok()),
            () = time::sleep(wake) => shared.sync().handle_timeout(shared.clock.mono()),
            () = shared.board.rung() => shared.sync().handle_ring(shared.clock.mono()),
            () = shared.stop.notified() => break,
        }
    }
    let _ = time::timeout(LAST, finish(&shared, &mut flights)).await;
}

/// Sends what is due, and returns how long nothing has to be done.
fn turn(shared: &Arc<Shared>, flights: &mut JoinSet<Landed>) -> Duration {
    let now = shared.clock.mono();
    let mut sync = shared.sync();
    while let Some(batch) = sync.poll_batch(now) {
        flights.spawn(send(Arc::clone(shared), batch, now));
    }
    sync.poll_timeout() - now
}

async fn send(shared: Arc<Shared>, batch: Arc<Batch>, now: Mono) -> Landed {
    let prefix = shared.board.prefix(batch.lane);
    let call = script::sync(&batch, prefix, shared.node, now);
    let answer = shared
        .store
        .call(&shared.sync_script, &call, shared.sync_deadline);
    let numbers = answer.await.ok();
    Landed {
        lane: batch.lane,
        number: batch.number,
        reply: numbers.and_then(|numbers| script::read_sync(&numbers, batch.items.len())),
    }
}

fn land(shared: &Shared, landed: Option<Landed>) {
    let Some(Landed {
        lane,
        number,
        reply,
    }) = landed
    else {
        return; // it panicked, and is over its deadline soon
    };
    let now = shared.clock.mono();
    let mut sync = shared.sync();
    match reply {
        Some(reply) => sync.handle_reply(lane, number, &reply, now),
        None => {
            sync.handle_failure(lane, number, now);
            if matches!(sync.state(), State::Open { .. }) {
                shared.store.renew();
            }
        }
    }
}

/// Tells what is left.
async fn finish(shared: &Arc<Shared>, flights: &mut JoinSet<Landed>) {
    while !shared.sync().is_idle() {
        shared.sync().flush(shared.clock.mono());
        turn(shared, flights);
        let Some(landed) = flights.join_next().await else {
            return; // nothing can be sent
        };
        land(shared, landed.ok());
    }
}
