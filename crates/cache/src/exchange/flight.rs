//! [`Flights`]: one request to the origin for all who ask for the same at once.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher, RandomState},
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use eaves_common::time::{Mono, Wall};

use super::{
    Selected, Wait,
    memory::Memory,
    wait::{Flight, State},
};
use crate::{key::Key, purge::Purges};

/// The requests to the origin that are under way, sharded by URI and bounded.
///
/// `T` is what a lead shares with those who wait: a handle on the body that is being filled.
///
/// ```
/// use std::sync::Arc;
/// use core::task::{Context, Poll, Waker};
/// use eaves_cache::exchange::{Flights, Found, Joined, Lookup, Outcome};
/// use eaves_cache::{key::Key, policy::RequestHead};
/// use eaves_common::time::{Mono, Wall};
///
/// let request = http::Request::get("http://a.example/").body(()).unwrap();
/// let head = RequestHead::from(&request);
/// let Found::Selected(selected) = Lookup::new(Key::of(head).unwrap()).found(head, None) else { panic!() };
///
/// let flights = Arc::new(Flights::<u8>::default());
/// let Joined::Lead(mut lead) = flights.join(&selected, Mono::ZERO) else { panic!("the first leads") };
/// let Joined::Wait(mut wait) = flights.join(&selected, Mono::ZERO) else { panic!("the next waits") };
/// lead.share(7, selected.key());
/// let outcome = wait.poll(&mut Context::from_waker(Waker::noop()));
/// assert!(matches!(outcome, Poll::Ready(Outcome::Shared(7))));
/// ```
pub struct Flights<T> {
    shards: Box<[Mutex<Shard<T>>]>,
    hasher: RandomState,
    most: usize,
    purges: Arc<Purges>,
}

struct Shard<T> {
    /// By URI, then by the key of the response.
    open: HashMap<Key, Vec<Known<T>>>,
    memory: Memory,
}

type Known<T> = (Key, Arc<Flight<T>>);

/// What a flight goes by.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) primary: Key,
    pub(super) key: Key,
}

impl Keys {
    fn of(selected: &Selected) -> Self {
        Self {
            primary: selected.primary().clone(),
            key: selected.key().clone(),
        }
    }
}

/// Whether requests for the same are under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FlightState {
    /// None is.
    None,
    /// One is, and others may wait for it.
    UnderWay,
    /// Their answers could not be shared lately, so that each asks for itself.
    Unshared,
}

/// What a request does next.
#[derive(Debug)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "a request leads or waits")]
pub enum Joined<T: Clone> {
    /// Ask the origin; others may be waiting for it.
    Lead(Lead<T>),
    /// Another one asks already.
    Wait(Wait<T>),
}

const SHARDS: usize = 16;

impl<T> Default for Flights<T> {
    /// Up to 65,536 flights at once, and as many remembered keys.
    fn default() -> Self {
        Self::new(65_536)
    }
}

impl<T> Flights<T> {
    /// Makes a table of so many flights; those beyond it ask the origin by themselves.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self::following(most, Arc::new(Purges::with_limits(Wall::ZERO, 1, 1)))
    }

    /// Makes a table like [`new`](Self::new); nobody joins a flight that is older than a purge which may concern it.
    #[must_use]
    pub fn following(most: usize, purges: Arc<Purges>) -> Self {
        let each = NonZeroUsize::new(most.div_ceil(SHARDS)).unwrap_or(NonZeroUsize::MIN);
        let shard = || Shard {
            open: HashMap::new(),
            memory: Memory::new(each),
        };
        Self {
            shards: (0..SHARDS).map(|_| Mutex::new(shard())).collect(),
            hasher: RandomState::new(),
            most: each.get(),
            purges,
        }
    }

    fn shard(&self, primary: &Key) -> MutexGuard<'_, Shard<T>> {
        let hash = self.hasher.hash_one(primary) as usize;
        self.shards[hash % SHARDS]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether a request for the same is under way that others may wait for.
    #[must_use]
    pub fn is_under_way(&self, selected: &Selected) -> bool {
        let shard = self.shard(selected.primary());
        let open = shard.open.get(selected.primary());
        open.is_some_and(|open| open.iter().any(|(known, _)| known == selected.key()))
    }

    /// Says whether a request would wait, or others for it.
    #[must_use]
    pub fn state(&self, selected: &Selected, now: Mono) -> FlightState {
        if self.is_under_way(selected) {
            return FlightState::UnderWay;
        }
        let mut shard = self.shard(selected.primary());
        if shard.memory.is_unshared(selected.key(), now) {
            FlightState::Unshared
        } else {
            FlightState::None
        }
    }

    /// Counts an answer that could be stored; returns how many there were for this request's key, as far as that is
    /// remembered.
    #[must_use]
    pub fn count_use(&self, selected: &Selected) -> u32 {
        self.shard(selected.primary())
            .memory
            .count_use(selected.key())
    }

    /// Removes what is stored under a URI: `remove` runs while no fetch of it can commit. Fetches under way still
    /// serve those who wait for them, but nobody who asks from now on, and are not kept.
    pub fn invalidate<R>(&self, primary: &Key, remove: impl FnOnce() -> R) -> R {
        let mut shard = self.shard(primary);
        shard.memory.invalidate(primary);
        shard.open.remove(primary);
        remove()
    }
}

impl<T: Clone> Flights<T> {
    /// Joins the flight for a key, or starts one. Keys whose answers turned out not to be shareable lead at once,
    /// and nobody waits for them.
    pub fn join(self: &Arc<Self>, selected: &Selected, now: Mono) -> Joined<T> {
        let (primary, key) = (selected.primary(), selected.key());
        let keys = || Keys::of(selected);
        let mut shard = self.shard(primary);
        let started = shard.memory.epoch();
        let alone = shard.memory.is_unshared(key, now) || shard.open.len() >= self.most;
        if alone {
            return Joined::Lead(Lead::new(self, keys(), started, None));
        }
        let open = shard.open.entry(primary.clone()).or_default();
        // Those who wait for an old one asked before the purge too; nobody else may have its answer.
        open.retain(|(known, flight)| {
            known != key || !self.purges.may_concern(primary, flight.asked())
        });
        if let Some((_, flight)) = open.iter().find(|(known, _)| known == key) {
            if let Some(waiting) = flight.enter() {
                return Joined::Wait(Wait::new(flight.clone(), waiting, self.clone(), keys()));
            }
            return Joined::Lead(Lead::new(self, keys(), started, None));
        }
        let flight = Arc::new(Flight::new(self.purges.epoch()));
        open.push((key.clone(), flight.clone()));
        Joined::Lead(Lead::new(self, keys(), started, Some(flight)))
    }

    /// Leads without anybody waiting: for requests whose answer may be for their client alone.
    pub fn lead_alone(self: &Arc<Self>, selected: &Selected) -> Lead<T> {
        let started = self.shard(selected.primary()).memory.epoch();
        Lead::new(self, Keys::of(selected), started, None)
    }
}

impl<T> Shard<T> {
    fn close(&mut self, primary: &Key, flight: &Arc<Flight<T>>) {
        let Some(open) = self.open.get_mut(primary) else {
            return;
        };
        open.retain(|(_, known)| !Arc::ptr_eq(known, flight));
        if open.is_empty() {
            self.open.remove(primary);
        }
    }
}

impl<T> fmt::Debug for Flights<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights")
            .field("shards", &self.shards.len())
            .finish_non_exhaustive()
    }
}

/// How a lead lets go of those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the ways a fetch can end")]
pub enum Release {
    /// Something was stored: they look it up.
    LookAgain,
    /// The answer is for one client alone: each asks for itself, and so does who comes within this time.
    Unshared {
        /// Until when nobody waits for this key.
        until: Mono,
    },
    /// The origin failed.
    Failed,
}

/// The right, and the duty, to ask the origin. Dropping it makes the next waiter lead.
#[must_use]
pub struct Lead<T: Clone> {
    flights: Arc<Flights<T>>,
    keys: Keys,
    started: u64,
    asked: u64,
    flight: Option<Arc<Flight<T>>>,
}

impl<T: Clone> Lead<T> {
    fn new(
        flights: &Arc<Flights<T>>,
        keys: Keys,
        started: u64,
        flight: Option<Arc<Flight<T>>>,
    ) -> Self {
        Self {
            flights: flights.clone(),
            keys,
            started,
            asked: flight
                .as_ref()
                .map_or_else(|| flights.purges.epoch(), |flight| flight.asked()),
            flight,
        }
    }

    pub(super) fn inherit(flights: &Arc<Flights<T>>, keys: Keys, flight: Arc<Flight<T>>) -> Self {
        let started = flights.shard(&keys.primary).memory.epoch();
        // The request is yet to be sent.
        flight.ask_again(flights.purges.epoch());
        Self::new(flights, keys, started, Some(flight))
    }

    /// Shares what is being filled with those who wait and those who come while it lasts. `key` is where it will be
    /// stored, which its Vary may have made another than was looked up.
    pub fn share(&mut self, shared: T, key: &Key) {
        let Some(flight) = &self.flight else {
            return;
        };
        flight.set(State::Shared(shared));
        let mut shard = self.flights.shard(&self.keys.primary);
        let open = shard.open.get_mut(&self.keys.primary);
        if let Some(open) = open.filter(|open| open.iter().all(|(known, _)| known != key)) {
            open.push((key.clone(), flight.clone()));
        }
    }

    /// Commits what was fetched, unless it was invalidated meanwhile; says which. `commit` must make it visible to
    /// lookups, and runs before the flight is left.
    pub fn commit(mut self, commit: impl FnOnce()) -> bool {
        let primary = self.keys.primary.clone();
        let flights = self.flights.clone();
        let mut shard = flights.shard(&primary);
        let allowed = shard.memory.allows(&primary, self.started);
        if allowed {
            commit();
            shard.memory.forget_unshared(&self.keys.key);
        }
        if let Some(flight) = self.flight.take() {
            shard.close(&primary, &flight);
            drop(shard);
            flight.set(State::Released(Release::LookAgain));
        }
        allowed
    }

    /// Runs `put` unless the key was invalidated since the request was sent; says which.
    pub fn if_valid(&self, put: impl FnOnce()) -> bool {
        let shard = self.flights.shard(&self.keys.primary);
        let allowed = shard.memory.allows(&self.keys.primary, self.started);
        if allowed {
            put();
        }
        allowed
    }

    /// Says whether others may wait for this one.
    #[must_use]
    pub fn is_joined(&self) -> bool {
        self.flight.is_some()
    }

    /// Returns the key of the URI.
    #[must_use]
    pub fn primary(&self) -> &Key {
        &self.keys.primary
    }

    /// Returns the key of the response that is asked for.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.keys.key
    }

    /// Notes that the request was sent earlier, at that epoch of purges.
    pub fn asked_at(mut self, epoch: u64) -> Self {
        self.asked = self.asked.min(epoch);
        self
    }

    /// Returns the epoch of purges at which the request was sent, or a little before: what comes of it keeps it.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// Lets those who wait go, and gives up the right to commit.
    pub fn release(mut self, how: Release) {
        self.part(how);
    }

    /// Lets those who wait go, and keeps the right to commit.
    pub fn part(&mut self, how: Release) {
        let mut shard = self.flights.shard(&self.keys.primary);
        if let Release::Unshared { until } = how {
            shard.memory.remember_unshared(self.keys.key.clone(), until);
        }
        if let Some(flight) = &self.flight {
            shard.close(&self.keys.primary, flight);
        }
        drop(shard);
        if let Some(flight) = self.flight.take() {
            flight.set(State::Released(how));
        }
    }
}

impl<T: Clone> Drop for Lead<T> {
    fn drop(&mut self) {
        let Some(flight) = self.flight.take() else {
            return;
        };
        let mut shard = self.flights.shard(&self.keys.primary);
        // Joining happens under the shard's lock, so that nobody enters between the question and the answer.
        if flight.vacate() == 0 {
            shard.close(&self.keys.primary, &flight);
        }
        drop(shard);
        flight.wake_one();
    }
}

impl<T: Clone> fmt::Debug for Lead<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lead")
            .field("key", &self.keys.key)
            .field("waited_for", &self.flight.is_some())
            .finish_non_exhaustive()
    }
}
