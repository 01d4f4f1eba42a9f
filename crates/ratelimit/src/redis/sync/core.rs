//! [`Sync`]: one node's side of the exchange.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use eaves_common::time::Mono;

use super::{
    Breaker, State, draw,
    lane::{Batch, Flight, Item, Lane},
    pace::Pace,
};
use crate::redis::{
    board::{Board, Due},
    entry::Heard,
    script::Reply,
};

/// Sends what replicas have admitted, in rounds, and tells them what the store says.
///
/// After each `handle_*` call [`poll_batch`](Self::poll_batch) until it has none.
#[derive(Debug)]
pub(in crate::redis) struct Sync {
    board: Arc<Board>,
    plan: Plan,
    lanes: Vec<Lane>,
    breaker: Breaker,
    pace: Pace,
    /// When the last round was, and the next is.
    last: Mono,
    next: Mono,
    /// Requests and round trips of this round.
    requests: u64,
    trips: u64,
    /// Until when the store may know too few nodes.
    regroups: Option<Mono>,
    seed: u64,
}

/// How a node syncs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::redis) struct Plan {
    /// The time between rounds.
    pub(in crate::redis) shortest: Duration,
    pub(in crate::redis) longest: Duration,
    /// How long an answer may take.
    pub(in crate::redis) deadline: Duration,
    /// Most keys of a batch.
    pub(in crate::redis) batch: usize,
    /// Nodes there are at least.
    pub(in crate::redis) nodes: u32,
}

/// Time between rounds that are asked for before their turn.
const URGENT: Duration = Duration::from_millis(5);
/// How long nodes take to tell a store of themselves that has come back.
const REGROUPING: Duration = Duration::from_secs(1);

impl Sync {
    pub(in crate::redis) fn new(board: Arc<Board>, plan: Plan, seed: u64, now: Mono) -> Self {
        let mut seed = seed;
        let first = plan.shortest.mul_f64(draw(&mut seed));
        Self {
            lanes: (0..board.lanes()).map(|_| Lane::default()).collect(),
            breaker: Breaker::new(seed ^ 0xb4ea),
            pace: Pace::new(plan.shortest, plan.longest, now),
            last: now,
            next: now + first,
            requests: 0,
            trips: 0,
            regroups: None,
            board,
            plan,
            seed,
        }
    }

    /// Hears that time has passed.
    pub(in crate::redis) fn handle_timeout(&mut self, now: Mono) {
        for lane in 0..self.lanes.len() {
            let flight = self.lanes[lane].flight.as_mut();
            if flight.is_some_and(|flight| flight.deadline.take_if(|at| now >= *at).is_some()) {
                self.fail(now);
            }
        }
        if self.regroups.take_if(|until| now >= *until).is_some() {
            self.board.regrouping.store(false, Relaxed);
        }
        self.hurry();
        if now >= self.next {
            self.begin_round(now);
        }
    }

    /// Hears that a replica has rung.
    pub(in crate::redis) fn handle_ring(&mut self, now: Mono) {
        self.handle_timeout(now);
    }

    /// Hears that the store has answered.
    pub(in crate::redis) fn handle_reply(
        &mut self,
        lane: usize,
        number: u64,
        reply: &Reply,
        now: Mono,
    ) {
        let Some(flight) = self.lanes.get_mut(lane).and_then(|lane| lane.land(number)) else {
            self.board.tally.stray.fetch_add(1, Relaxed);
            return;
        };
        self.count(&flight, now);
        // An answer that came late is good, but no sign that the store is.
        if flight.deadline.is_some() && self.breaker.succeed() {
            self.come_back(now);
        }
        self.board.meet(self.plan.nodes.max(reply.nodes));
        for (item, told) in flight.batch.items.iter().zip(&reply.told) {
            let heard = Heard {
                told: *told,
                wanted: item.unsent.demand(flight.sent),
                asked: flight.sent,
            };
            item.replica.hear(item.key, &heard, now);
        }
        // A long queue goes on at once, unless the store has just come back to all of them.
        let more = flight.batch.items.len() >= self.plan.batch && self.regroups.is_none();
        self.lanes[lane].due |= more;
    }

    /// Hears that a batch could not be brought to the store, or its answer not back.
    pub(in crate::redis) fn handle_failure(&mut self, lane: usize, number: u64, now: Mono) {
        let flight = self
            .lanes
            .get_mut(lane)
            .and_then(|lane| lane.flight.as_mut());
        let flying = flight.filter(|flight| flight.batch.number == number);
        if flying.is_some_and(|flight| flight.deadline.take().is_some()) {
            self.fail(now);
        }
    }

    /// Returns the next batch to send.
    pub(in crate::redis) fn poll_batch(&mut self, now: Mono) -> Option<Arc<Batch>> {
        (0..self.lanes.len()).find_map(|lane| {
            if !self.lanes[lane].due {
                None
            } else if self.lanes[lane].is_flying() {
                self.resend(lane, now)
            } else {
                self.lanes[lane].due = false;
                self.send(lane, now)
            }
        })
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout) at the latest.
    pub(in crate::redis) fn poll_timeout(&self) -> Mono {
        let flights = self.lanes.iter().filter_map(|lane| lane.flight.as_ref());
        let deadlines = flights.filter_map(|flight| flight.deadline);
        deadlines.chain([self.next]).min().unwrap_or(self.next)
    }

    pub(in crate::redis) const fn state(&self) -> State {
        self.breaker.state()
    }

    /// Makes a round due at once, whatever its turn: before the end.
    pub(in crate::redis) fn flush(&mut self, now: Mono) {
        self.begin_round(now);
    }

    /// Whether all has been told and answered.
    pub(in crate::redis) fn is_idle(&self) -> bool {
        let waiting = |lane: usize| self.board.is_waiting(lane) || self.lanes[lane].is_flying();
        !(0..self.lanes.len()).any(waiting)
    }

    /// Brings the next round forward if it is urgent.
    fn hurry(&mut self) {
        let soon = self.last + URGENT;
        if self.breaker.is_closed() && self.next > soon && self.board.take_ring() {
            self.next = soon;
        }
    }

    fn begin_round(&mut self, now: Mono) {
        self.board.take_ring();
        self.lanes.iter_mut().for_each(|lane| lane.due = true);
        let interval = self.pace.round(self.requests, self.trips, now);
        (self.requests, self.trips) = (0, 0);
        self.last = now;
        // Nodes that began together do not stay together.
        self.next = now + interval.mul_f64(0.9 + 0.2 * draw(&mut self.seed));
        let nanos = interval.as_nanos() as u64;
        self.board.tally.interval.store(nanos, Relaxed);
    }

    fn send(&mut self, lane: usize, now: Mono) -> Option<Arc<Batch>> {
        if !self.breaker.is_ready(now) {
            return None;
        }
        let due = self.board.dequeue(lane, self.plan.batch);
        let items: Vec<Item> = due.into_iter().filter_map(item).collect();
        if items.is_empty() || !self.breaker.admit(now) {
            return None;
        }
        self.requests += items.iter().map(|item| item.unsent.requests).sum::<u64>();
        self.trips += 1;
        let batch = Batch {
            lane,
            number: 0,
            items,
            nodes: self.board.nodes(),
        };
        Some(self.lanes[lane].launch(batch, now, now + self.plan.deadline))
    }

    /// Sends a batch again whose answer did not come.
    fn resend(&mut self, lane: usize, now: Mono) -> Option<Arc<Batch>> {
        let lane = &mut self.lanes[lane];
        let flight = lane.flight.as_mut()?;
        if flight.deadline.is_some() {
            return None; // an answer may still come
        }
        lane.due = false;
        if !self.breaker.admit(now) {
            return None;
        }
        self.trips += 1;
        flight.sent = now;
        flight.deadline = Some(now + self.plan.deadline);
        Some(Arc::clone(&flight.batch))
    }

    fn fail(&mut self, now: Mono) {
        self.board.tally.failed.fetch_add(1, Relaxed);
        if self.breaker.fail(now) {
            self.board.tally.opened.fetch_add(1, Relaxed);
            self.board.alone.store(true, Relaxed);
        }
    }

    /// The store is back: nodes come one by one, and trust what it says only when all have.
    fn come_back(&mut self, now: Mono) {
        self.regroups = Some(now + REGROUPING);
        self.board.regrouping.store(true, Relaxed);
        self.board.alone.store(false, Relaxed);
        self.next = now + self.plan.longest.mul_f64(draw(&mut self.seed));
    }

    fn count(&self, flight: &Flight, now: Mono) {
        let tally = &self.board.tally;
        let trip = (now - flight.sent).as_nanos() as u64;
        tally.round_trip.store(trip, Relaxed);
        tally.synced.fetch_add(1, Relaxed);
        let keys = flight.batch.items.len() as u64;
        tally.synced_keys.fetch_add(keys, Relaxed);
    }
}

/// What there is to tell of a key; nothing if its entry was given to another.
fn item(due: Due) -> Option<Item> {
    let unsent = due.replica.take_unsent(due.key);
    (unsent.requests > 0 || unsent.spent != 0).then_some(Item {
        replica: due.replica,
        key: due.key,
        unsent,
    })
}
