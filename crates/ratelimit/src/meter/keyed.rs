//! [`Keyed`]: a meter for many keys, their states in fixed memory.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{Gauge, Meter, Reading, Verdict};
use crate::{
    key::KeyHash,
    table::{Capacity, Occupancy, bucket_of},
};

/// Slots per lock.
const WAYS: usize = 4;

/// Limits many keys by a [`Meter`], and never holds more of them than it was built for.
///
/// States live in buckets of four, each behind a lock that is held for one key's arithmetic only. In
/// a full bucket the key that has used least goes. Keys are known by their whole hash, so two are
/// taken for one as rarely as 64-bit hashes collide.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::{key::KeyHash, meter::{Keyed, SlidingWindow}, table::Capacity};
///
/// let window = Keyed::new(SlidingWindow::new("100/1s".parse()?)?, Capacity::new(1_024)?);
/// let (one, other) = (KeyHash::new(1), KeyHash::new(2 << 32));
/// assert_eq!(window.check(one, 60, Mono::ZERO).remaining(), 40);
/// assert!(!window.check(one, 60, Mono::ZERO).is_allowed());
/// assert!(window.check(other, 60, Mono::ZERO).is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Keyed<M: Meter> {
    meter: M,
    buckets: Box<[Mutex<Bucket<M::State>>]>,
    fresh: M::State,
}

struct Bucket<S> {
    slots: [Slot<S>; WAYS],
    evicted: u64,
}

#[derive(Clone)]
struct Slot<S> {
    key: Option<KeyHash>,
    state: S,
}

impl<M: Meter> Keyed<M> {
    /// Takes the memory for `capacity` keys.
    #[must_use]
    pub fn new(meter: M, capacity: Capacity) -> Self {
        let fresh = meter.fresh();
        let slot = Slot {
            key: None,
            state: fresh.clone(),
        };
        let bucket = || Bucket {
            slots: std::array::from_fn(|_| slot.clone()),
            evicted: 0,
        };
        let buckets = (0..capacity.cells().div_ceil(WAYS)).map(|_| Mutex::new(bucket()));
        Self {
            buckets: buckets.collect(),
            meter,
            fresh,
        }
    }

    /// Returns the meter.
    #[must_use]
    pub const fn meter(&self) -> &M {
        &self.meter
    }

    /// Decides about a request of this cost, and counts it if it fits; a denial changes nothing.
    pub fn check(&self, key: KeyHash, cost: u64, now: M::Time) -> Reading<'static> {
        self.locked(key, |bucket| {
            let state = bucket.state(key).unwrap_or(&self.fresh);
            let outcome = self.meter.peek(state, cost, now);
            if !outcome.is_allowed() || cost == 0 {
                return self.reading(state, cost, now);
            }
            let state = bucket.state_or_insert(key, &self.meter, &self.fresh, now);
            self.meter.charge(state, cost, now);
            self.reading_after(state, cost, now)
        })
    }

    /// Decides about a request of this cost without counting it: `remaining` is what there is before
    /// it.
    pub fn peek(&self, key: KeyHash, cost: u64, now: M::Time) -> Reading<'static> {
        self.locked(key, |bucket| {
            let state = bucket.state(key).unwrap_or(&self.fresh);
            self.reading(state, cost, now)
        })
    }

    /// Counts units without asking: what a request turned out to cost.
    pub fn charge(&self, key: KeyHash, units: u64, now: M::Time) {
        self.locked(key, |bucket| {
            let state = bucket.state_or_insert(key, &self.meter, &self.fresh, now);
            self.meter.charge(state, units, now);
        });
    }

    /// Gives back units of a request that was counted and then not served. A key that has been
    /// forgotten meanwhile stays so.
    pub fn refund(&self, key: KeyHash, units: u64, now: M::Time) {
        self.locked(key, |bucket| {
            if let Some(slot) = bucket.slots.iter_mut().find(|slot| slot.key == Some(key)) {
                self.meter.refund(&mut slot.state, units, now);
            }
        });
    }

    /// Shows every key and its state, a bucket at a time.
    #[cfg(feature = "calendar")]
    pub(crate) fn each(&self, mut see: impl FnMut(KeyHash, &M::State)) {
        for bucket in &self.buckets {
            let bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
            for slot in &bucket.slots {
                if let Some(key) = slot.key {
                    see(key, &slot.state);
                }
            }
        }
    }

    /// Gives a key this state if it has none, or one that is `less`.
    #[cfg(feature = "calendar")]
    pub(crate) fn put(
        &self,
        key: KeyHash,
        state: M::State,
        is_less: impl Fn(&M::State) -> bool,
        now: M::Time,
    ) {
        self.locked(key, |bucket| {
            if bucket.state(key).is_none_or(is_less) {
                *bucket.state_or_insert(key, &self.meter, &self.fresh, now) = state;
            }
        });
    }

    /// Says how full it is; walks all of it. `bytes` leaves out what states allocate for themselves.
    #[must_use]
    pub fn occupancy(&self, now: M::Time) -> Occupancy {
        let mut occupancy = Occupancy {
            cells: self.buckets.len() * WAYS,
            bytes: size_of_val(&*self.buckets),
            ..Occupancy::default()
        };
        for bucket in &self.buckets {
            let bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
            let slots = bucket.slots.iter();
            occupancy.owing += slots.filter(|slot| slot.used(&self.meter, now) > 0).count();
            occupancy.evicted += bucket.evicted;
        }
        occupancy
    }

    /// How a key stands before a request of this cost.
    fn reading(&self, state: &M::State, cost: u64, now: M::Time) -> Reading<'static> {
        let retry = self.meter.retry_after(state, cost, now);
        let verdict = match retry {
            None => Verdict::Impossible,
            Some(Duration::ZERO) => Verdict::Allowed,
            Some(_) => Verdict::Denied,
        };
        Reading::new(verdict, cost, self.gauge(state, retry, now))
    }

    /// How a key stands after a request that was counted.
    fn reading_after(&self, state: &M::State, cost: u64, now: M::Time) -> Reading<'static> {
        Reading::new(Verdict::Allowed, cost, self.gauge(state, None, now))
    }

    fn gauge(&self, state: &M::State, retry: Option<Duration>, now: M::Time) -> Gauge<'static> {
        Gauge::Count {
            limit: self.meter.limit(),
            remaining: self.meter.remaining(state, now),
            reset: self.meter.reset_after(state, now),
            more: self.meter.more_after(state, now).unwrap_or_default(),
            retry: retry.unwrap_or_default(),
        }
    }

    fn locked<R>(&self, key: KeyHash, work: impl FnOnce(&mut Bucket<M::State>) -> R) -> R {
        let at = bucket_of(key.as_u64(), self.buckets.len());
        // States are plain numbers, which are valid after a panic elsewhere.
        let mut bucket = self.buckets[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        work(&mut bucket)
    }
}

impl<S: Clone> Bucket<S> {
    fn state(&self, key: KeyHash) -> Option<&S> {
        let slot = self.slots.iter().find(|slot| slot.key == Some(key));
        slot.map(|slot| &slot.state)
    }

    /// The key's state; a key that has none takes the slot of whoever has used least.
    fn state_or_insert<M>(&mut self, key: KeyHash, meter: &M, fresh: &S, now: M::Time) -> &mut S
    where
        M: Meter<State = S>,
    {
        let known = self.slots.iter().position(|slot| slot.key == Some(key));
        let at = known.unwrap_or_else(|| {
            let used = |at: &usize| self.slots[*at].used(meter, now);
            let least = (0..WAYS).min_by_key(used).unwrap_or_default();
            self.evicted += u64::from(used(&least) > 0);
            self.slots[least].state.clone_from(fresh); // a log keeps its own memory
            least
        });
        let slot = &mut self.slots[at];
        slot.key = Some(key);
        &mut slot.state
    }
}

impl<S: Clone> Slot<S> {
    fn used<M: Meter<State = S>>(&self, meter: &M, now: M::Time) -> u64 {
        self.key.map_or(0, |_| meter.used(&self.state, now))
    }
}

impl<M: Meter + fmt::Debug> fmt::Debug for Keyed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = self.buckets.len() * WAYS;
        f.debug_struct("Keyed")
            .field("meter", &self.meter)
            .field("slots", &slots)
            .finish_non_exhaustive()
    }
}
