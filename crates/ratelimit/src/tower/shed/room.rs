//! [`Room`]: requests that wait for a permit, and the places they wait in.
//!
//! A request is taken from the queue and told its fate under the queue's lock.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use eaves_common::time::{Clock, Mono};

use crate::{
    adaptive::{Admission, Limiter, Permit},
    shed::{Arrival, Class, Policy, Shed, ShedQueue, Ticket, Turn},
};

/// What all services of a layer share.
#[derive(Debug)]
pub(super) struct Room<C> {
    queue: Mutex<ShedQueue<Arc<Seat>>>,
    policy: Policy,
    limiter: Limiter,
    clock: C,
}

/// The permit of a request whose turn has come, or why it has to go.
type Fate = Result<Permit, Shed<()>>;
type Seat = crate::wait::Seat<Fate>;

/// How a request comes in.
pub(super) enum Entry<C: Clock> {
    Served(Held<C>),
    Waits(Place<C>),
    Shed(Shed<()>),
}

impl<C: Clock> Room<C> {
    pub(super) fn new(limiter: Limiter, policy: Policy, clock: C) -> Self {
        Self {
            queue: Mutex::new(ShedQueue::new(policy.clone())),
            policy,
            limiter,
            clock,
        }
    }

    /// Admits a request at once if nobody waits and the limit allows it; else it gets a place.
    pub(super) fn enter(self: &Arc<Self>, class: Class) -> Entry<C> {
        let now = self.clock.mono();
        let mut queue = self.queue();
        if queue.is_empty()
            && let Admission::Admitted(permit) = self.limiter.try_acquire(now)
        {
            return Entry::Served(Held::new(self, permit));
        }
        let seat = Seat::taken();
        let (ticket, displaced) = match queue.push(Arc::clone(&seat), class, now) {
            Arrival::Waits { ticket, displaced } => (ticket, displaced),
            Arrival::Shed(shed) => return Entry::Shed(without_item(&shed)),
        };
        let mut wakers: Vec<_> = displaced.iter().filter_map(dismiss).collect();
        wakers.append(&mut self.advance(&mut queue, now));
        drop(queue);
        wakers.into_iter().for_each(Waker::wake);
        Entry::Waits(Place {
            room: Arc::clone(self),
            seat,
            ticket,
            since: now,
            deadline: self.policy.deadline(class),
            is_told: false,
        })
    }

    /// Sheds those whose time is up and serves others while the limit allows it.
    pub(super) fn pump(&self) {
        let wakers = self.advance(&mut self.queue(), self.clock.mono());
        wakers.into_iter().for_each(Waker::wake);
    }

    fn advance(&self, queue: &mut ShedQueue<Arc<Seat>>, now: Mono) -> Vec<Waker> {
        let mut wakers = Vec::new();
        while let Some(shed) = queue.expire(now) {
            wakers.extend(dismiss(&shed));
        }
        while !queue.is_empty() {
            let Admission::Admitted(permit) = self.limiter.try_acquire(now) else {
                break;
            };
            while let Some(turn) = queue.pop(now) {
                match turn {
                    Turn::Shed(shed) => wakers.extend(dismiss(&shed)),
                    Turn::Serve(served) => {
                        wakers.extend(served.item.tell(Ok(permit)));
                        break;
                    }
                }
            }
        }
        wakers
    }

    fn queue(&self) -> MutexGuard<'_, ShedQueue<Arc<Seat>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn dismiss(shed: &Shed<Arc<Seat>>) -> Option<Waker> {
    shed.item.tell(Err(without_item(shed)))
}

fn without_item(shed: &Shed<Arc<Seat>>) -> Shed<()> {
    Shed {
        item: (),
        class: shed.class,
        waited: shed.waited,
        reason: shed.reason,
    }
}

/// A place in the queue; dropped, it is given up.
#[derive(Debug)]
pub(super) struct Place<C: Clock> {
    room: Arc<Room<C>>,
    seat: Arc<Seat>,
    ticket: Ticket,
    since: Mono,
    deadline: Duration,
    is_told: bool,
}

impl<C: Clock> Place<C> {
    /// Is ready when the request is to be served or to go.
    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Poll<Result<Held<C>, Shed<()>>> {
        let Poll::Ready(fate) = self.seat.poll(cx) else {
            return Poll::Pending;
        };
        self.is_told = true;
        Poll::Ready(fate.map(|permit| Held::new(&self.room, permit)))
    }

    /// Looks after the queue, for the case that nobody else does, and says when to look again.
    ///
    /// Requests that come and go look after it too; this is for a service that has stalled.
    pub(super) fn look(&self) -> Duration {
        self.room.pump();
        let waited = self.room.clock.mono() - self.since;
        let left = self.deadline.saturating_sub(waited);
        left.min(self.room.policy.interval).max(LEAST)
    }

    /// How long to wait before the first look.
    pub(super) fn first(&self) -> Duration {
        self.deadline.min(self.room.policy.target).max(LEAST)
    }
}

/// Timers are no finer than this.
const LEAST: Duration = Duration::from_millis(1);

impl<C: Clock> Drop for Place<C> {
    fn drop(&mut self) {
        if self.is_told {
            return;
        }
        let waiting = self.room.queue().cancel(self.ticket);
        let fate = self.seat.leave();
        if waiting.is_none() && matches!(fate, Some(Ok(_))) {
            drop(fate); // the permit, which somebody else waits for
            self.room.pump();
        }
    }
}

/// A permit of a room; when it ends, the next is served.
#[derive(Debug)]
pub(super) struct Held<C: Clock> {
    room: Arc<Room<C>>,
    permit: Option<Permit>,
}

impl<C: Clock> Held<C> {
    fn new(room: &Arc<Room<C>>, permit: Permit) -> Self {
        Self {
            room: Arc::clone(room),
            permit: Some(permit),
        }
    }

    /// Ends the request with what it teaches the limiter.
    pub(super) fn end(&mut self, was_overload: bool) {
        let Some(permit) = self.permit.take() else {
            return;
        };
        let now = self.room.clock.mono();
        match was_overload {
            true => permit.dropped(now),
            false => permit.succeeded(now),
        }
        self.room.pump();
    }
}

impl<C: Clock> Drop for Held<C> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            permit.ignored();
            self.room.pump();
        }
    }
}
