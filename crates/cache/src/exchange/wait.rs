//! [`Wait`]: one who waits for another's answer.

use core::{
    fmt,
    task::{Context, Poll, Waker},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Flights, Lead, Release, flight::Keys};

/// What those who wait are woken for.
#[derive(Clone)]
pub(super) enum State<T> {
    /// Somebody leads.
    Open,
    /// The lead was dropped; the next one polled takes over.
    Vacant,
    /// A body is being filled.
    Shared(T),
    /// It is over.
    Released(Release),
}

/// One request to the origin, and who waits for it.
pub(super) struct Flight<T> {
    /// The epoch of purges at which the origin was asked.
    asked: AtomicU64,
    inner: Mutex<Inner<T>>,
}

struct Inner<T> {
    state: State<T>,
    /// In order of arrival; `None` until first polled.
    waiting: BTreeMap<u64, Option<Waker>>,
    next: u64,
}

/// How many may wait for one answer; more ask for themselves.
const MOST_WAITING: usize = 16_384;

impl<T> Flight<T> {
    pub(super) fn new(asked: u64) -> Self {
        Self {
            asked: AtomicU64::new(asked),
            inner: Mutex::new(Inner {
                state: State::Open,
                waiting: BTreeMap::new(),
                next: 0,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Acquire)
    }

    /// Another leads now, who asks at a later epoch.
    pub(super) fn ask_again(&self, epoch: u64) {
        self.asked.store(epoch, Ordering::Release);
    }

    /// Takes a place in the queue, if there is one.
    pub(super) fn enter(&self) -> Option<u64> {
        let mut inner = self.lock();
        if inner.waiting.len() >= MOST_WAITING {
            return None;
        }
        let place = inner.next;
        inner.next += 1;
        inner.waiting.insert(place, None);
        Some(place)
    }

    /// Sets the state and wakes everybody.
    pub(super) fn set(&self, state: State<T>) {
        let mut inner = self.lock();
        inner.state = state;
        let wakers: Vec<Waker> = inner
            .waiting
            .values_mut()
            .filter_map(Option::take)
            .collect();
        drop(inner);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Offers the lead; returns how many are there to take it.
    pub(super) fn vacate(&self) -> usize {
        let mut inner = self.lock();
        inner.state = State::Vacant;
        inner.waiting.len()
    }

    /// Wakes the one who waits longest, if the lead is on offer.
    pub(super) fn wake_one(&self) {
        let mut inner = self.lock();
        let waker = match inner.state {
            State::Vacant => inner.waiting.values_mut().find_map(Option::take),
            _ => None,
        };
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// How waiting ended.
#[derive(Debug)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "the ways waiting can end")]
pub enum Outcome<T: Clone> {
    /// Who led is gone: ask the origin.
    Lead(Lead<T>),
    /// A body that is being filled.
    Shared(T),
    /// See [`Release`].
    Released(Release),
}

/// A place in the queue for another's answer. Dropping it leaves the queue, and passes on a lead it was offered.
#[must_use]
pub struct Wait<T: Clone> {
    flight: Arc<Flight<T>>,
    place: u64,
    flights: Arc<Flights<T>>,
    keys: Keys,
}

impl<T: Clone> Wait<T> {
    pub(super) fn new(
        flight: Arc<Flight<T>>,
        place: u64,
        flights: Arc<Flights<T>>,
        keys: Keys,
    ) -> Self {
        Self {
            flight,
            place,
            flights,
            keys,
        }
    }

    /// Waits for the outcome.
    ///
    /// # Cancel safety
    /// May be dropped at any time.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome<T>> {
        let mut inner = self.flight.lock();
        match &inner.state {
            State::Shared(shared) => Poll::Ready(Outcome::Shared(shared.clone())),
            State::Released(how) => Poll::Ready(Outcome::Released(*how)),
            State::Vacant => {
                inner.state = State::Open;
                drop(inner);
                let lead = Lead::inherit(&self.flights, self.keys.clone(), self.flight.clone());
                Poll::Ready(Outcome::Lead(lead))
            }
            State::Open => {
                let place = self.place;
                inner.waiting.insert(place, Some(cx.waker().clone()));
                Poll::Pending
            }
        }
    }
}

impl<T: Clone> Drop for Wait<T> {
    fn drop(&mut self) {
        self.flight.lock().waiting.remove(&self.place);
        self.flight.wake_one();
    }
}

impl<T: Clone> fmt::Debug for Wait<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("key", &self.keys.key)
            .finish_non_exhaustive()
    }
}
