//! [`Stats`]: what an engine does, for metrics.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use super::{board::Board, sync::State};

/// What an engine has done so far and how it stands.
///
/// ```
/// use eaves_ratelimit::redis::{Health, Stats};
///
/// fn page(stats: &Stats) -> String {
///     let up = u8::from(stats.sync == Health::Up);
///     format!("eaves_ratelimit_store_up {up}\neaves_ratelimit_synced_keys_total {}\n", stats.synced_keys)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// How the store answers to syncs; in a cluster, the part of it that is worst off.
    pub sync: Health,
    /// How the store answers to strict rules.
    pub strict: Health,
    /// Nodes that limits are shared by, as far as is known.
    pub nodes: u32,
    /// Time between syncs.
    pub interval: Duration,
    /// How long the last sync took.
    pub round_trip: Duration,
    /// Batches that the store took: round trips of syncs.
    pub synced: u64,
    /// Keys in those batches.
    pub synced_keys: u64,
    /// Batches that were not answered in time.
    pub failed: u64,
    /// Answers that nobody waited for any more.
    pub stray: u64,
    /// Times that syncs were given up for a while.
    pub opened: u64,
    /// Requests that strict rules asked the store about: round trips on the request's path.
    pub asked: u64,
    /// Those that were not answered in time, or not asked since the store was gone.
    pub asked_in_vain: u64,
    /// Keys that wait for the next sync.
    pub waiting: usize,
    /// Times that a key found no place among those, and had to wait for its next request.
    pub overflowed: u64,
    /// Units that were admitted and never told of, since their key had to make room.
    pub forgotten: u64,
}

/// How the store answers.
///
/// ```
/// use eaves_ratelimit::redis::Health;
///
/// assert_ne!(Health::Up, Health::Down);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Health {
    /// It is not asked: rules do what their `OnStoreError` says.
    Down,
    /// It is being tried again.
    Probing,
    /// It answers in time.
    Up,
}

impl From<State> for Health {
    fn from(state: State) -> Self {
        match state {
            State::Closed => Self::Up,
            State::Open { .. } => Self::Down,
            State::Probing { .. } => Self::Probing,
        }
    }
}

impl Stats {
    pub(super) fn of(board: &Board, sync: State, strict: State) -> Self {
        let tally = &board.tally;
        Self {
            sync: sync.into(),
            strict: strict.into(),
            nodes: board.nodes(),
            interval: Duration::from_nanos(tally.interval.load(Relaxed)),
            round_trip: Duration::from_nanos(tally.round_trip.load(Relaxed)),
            synced: tally.synced.load(Relaxed),
            synced_keys: tally.synced_keys.load(Relaxed),
            failed: tally.failed.load(Relaxed),
            stray: tally.stray.load(Relaxed),
            opened: tally.opened.load(Relaxed),
            asked: tally.asked.load(Relaxed),
            asked_in_vain: tally.asked_in_vain.load(Relaxed),
            waiting: tally.waiting.load(Relaxed),
            overflowed: tally.overflowed.load(Relaxed),
            forgotten: tally.forgotten.load(Relaxed),
        }
    }
}
