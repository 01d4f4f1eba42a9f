//! [`Limiter`]: counts what is under way and lets the algorithm move the limit.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use eaves_common::time::Mono;

use super::{
    Admission, Algorithm, Full, Permit,
    round::{Rounds, Sample},
};

/// Limits how many requests are under way at once, by what their outcomes tell of the service.
///
/// Clones share the limit. Admission is one compare-and-swap and never waits; an outcome is added
/// up under a lock that is held for a few nanoseconds.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::adaptive::{Admission, Bounds, Gradient2, Limiter};
///
/// let limiter = Limiter::new(Gradient2::default(), Bounds { initial: 2, ..Bounds::default() });
/// let now = Mono::from_secs(1);
/// let Admission::Admitted(one) = limiter.try_acquire(now) else { panic!() };
/// let Admission::Admitted(other) = limiter.try_acquire(now) else { panic!() };
/// assert!(matches!(limiter.try_acquire(now), Admission::Full(_)));
/// one.succeeded(now + Duration::from_millis(20));
/// drop(other); // neither success nor drop: the client went away
/// assert_eq!(limiter.inflight(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct Limiter(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inflight: AtomicU32,
    limit: AtomicU32,
    control: Mutex<Control>,
    bounds: Bounds,
}

#[derive(Debug)]
struct Control {
    algorithm: Algorithm,
    rounds: Rounds,
    limit: f64,
}

impl Limiter {
    /// Makes a limiter that starts at the initial limit. A minimum of 0 counts as 1, and values out
    /// of order as the nearest that are in order.
    #[must_use]
    pub fn new(algorithm: impl Into<Algorithm>, bounds: Bounds) -> Self {
        let bounds = bounds.ordered();
        Self(Arc::new(Shared {
            inflight: AtomicU32::new(0),
            limit: AtomicU32::new(bounds.initial),
            control: Mutex::new(Control {
                algorithm: algorithm.into(),
                rounds: Rounds::new(bounds.round),
                limit: bounds.initial.into(),
            }),
            bounds,
        }))
    }

    /// Admits a request if fewer than the limit are under way.
    #[inline]
    pub fn try_acquire(&self, now: Mono) -> Admission {
        let limit = self.limit();
        let one_more = |inflight| (inflight < limit).then(|| inflight + 1);
        let counter = &self.0.inflight;
        match counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more) {
            Ok(before) => Admission::Admitted(Permit::new(self.clone(), now, before + 1)),
            Err(inflight) => Admission::Full(Full { limit, inflight }),
        }
    }

    /// Returns the limit as it is now.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.0.limit.load(Ordering::Relaxed)
    }

    /// Returns how many requests are under way; for a while more than the limit after that went down.
    #[must_use]
    pub fn inflight(&self) -> u32 {
        self.0.inflight.load(Ordering::Relaxed)
    }

    /// Ends a request of which nothing is learned.
    pub(super) fn release(&self) {
        self.0.inflight.fetch_sub(1, Ordering::Relaxed);
    }

    /// Learns from a request.
    pub(super) fn learn(&self, sample: Sample, now: Mono) {
        let mut control = self
            .0
            .control
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Control {
            algorithm,
            rounds,
            limit,
        } = &mut *control;
        let Some(round) = rounds.take(sample, now) else {
            return;
        };
        let Bounds { min, max, .. } = self.0.bounds;
        let next = algorithm.next(*limit, &round);
        if next.is_nan() {
            return; // of a setting that is no number; no limit at all would turn everybody away
        }
        *limit = next.clamp(min.into(), max.into());
        self.0.limit.store(*limit as u32, Ordering::Relaxed);
    }
}

/// Where a limit begins and between what it moves, and how long a round is at least.
///
/// ```
/// use eaves_ratelimit::adaptive::Bounds;
///
/// let bounds = Bounds { max: 5_000, ..Bounds::default() };
/// assert_eq!((bounds.initial, bounds.min), (20, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The limit to begin with; best one that the service is sure to bear.
    pub initial: u32,
    /// The least limit.
    pub min: u32,
    /// The largest limit.
    pub max: u32,
    /// How long outcomes are added up, until there are ten at least, before the limit moves.
    pub round: Duration,
}

impl Bounds {
    fn ordered(self) -> Self {
        let min = self.min.max(1);
        let max = self.max.max(min);
        Self {
            initial: self.initial.clamp(min, max),
            min,
            max,
            round: self.round,
        }
    }
}

impl Default for Bounds {
    /// From 20, between 1 and 1000, in rounds of 100 ms.
    fn default() -> Self {
        Self {
            initial: 20,
            min: 1,
            max: 1_000,
            round: Duration::from_millis(100),
        }
    }
}
