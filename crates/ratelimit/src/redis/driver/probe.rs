//! The task that tries a store which strict rules have given up.
//!
//! No request is held up to find out whether the store is back, and none has to come for that: while
//! all are denied without asking, or go without the store, this task asks in their place.

use std::{sync::Arc, time::Duration};

use tokio::time;

use super::engine::Shared;
use crate::redis::{script, sync::State};

/// Sleeps while the store is good; else tries it, from time to time, until it is.
pub(super) async fn probe(shared: Arc<Shared>) {
    loop {
        match pause(&shared) {
            None => shared.lost.notified().await,
            Some(pause) => {
                time::sleep(pause).await;
                attempt(&shared).await;
            }
        }
    }
}

/// How long the store is to be left alone; `None` if it is good.
fn pause(shared: &Shared) -> Option<Duration> {
    match shared.strict().state() {
        State::Closed => None,
        State::Open { until } | State::Probing { until } => Some(until - shared.clock.mono()),
    }
}

/// Asks what a request would ask, of a key that is nobody's.
async fn attempt(shared: &Shared) {
    if !shared.strict().admit(shared.clock.mono()) {
        return;
    }
    let call = script::probe(shared.board.prefix(shared.board.strict_lane()));
    let answer = shared
        .store
        .call(&shared.strict_script, &call, shared.deadline)
        .await;
    if answer.is_ok() {
        shared.strict().succeed();
    } else {
        shared.strict().fail(shared.clock.mono());
        shared.store.renew(); // its connection may be dead without anyone having said so
    }
}
