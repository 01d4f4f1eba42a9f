//! [`Retry`], which all threads share, and [`Worker`], one for each of them.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use eaves_common::time::Mono;

use super::{
    backoff::Backoff,
    budget::{Balance, Budget},
    call::Call,
    config::{HedgeConfig, RetryConfig, RetryConfigError},
    decision::{Cause, Decision, Failure, Idempotency, Refusal},
    quantile::{Quantile, bucket},
};

/// Decides on retries and hedges for all threads of a pool; clones share one budget.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_health::retry::{Decision, Failure, Idempotency, Refusal, Retry, RetryConfig};
///
/// let retry = Retry::new(RetryConfig::default().retries(2))?;
/// let mut worker = retry.worker(7);
/// let now = Mono::from_secs(1);
///
/// let mut call = worker.start(Idempotency::NotIdempotent, now);
/// let refused = worker.failed(&mut call, Failure::Unsent, now);
/// assert!(matches!(refused, Decision::Attempt { .. })); // nobody saw it: safe to send again
/// let reset = worker.failed(&mut call, Failure::Interrupted, now);
/// assert_eq!(reset, Decision::Stop(Refusal::NotIdempotent));
/// # Ok::<(), eaves_health::retry::RetryConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Retry(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    config: RetryConfig,
    budget: Budget,
    latency: Option<Latency>,
}

impl Retry {
    /// Makes it with a full reserve and no known latency.
    ///
    /// # Errors
    ///
    /// If a window or half-life is zero, or a lower bound lies above its upper bound.
    pub fn new(config: RetryConfig) -> Result<Self, RetryConfigError> {
        if let Some(hedge) = &config.hedge {
            hedge.check()?;
        }
        if config.backoff > config.backoff_limit {
            return Err(RetryConfigError::Order {
                key: "backoff",
                above: "backoff_limit",
            });
        }
        Ok(Self(Arc::new(Shared {
            budget: Budget::new(config.budget)?,
            latency: config.hedge.map(Latency::new),
            config,
        })))
    }

    /// Makes the handle of one thread; pauses are drawn from `seed`.
    #[must_use]
    pub fn worker(&self, seed: u64) -> Worker {
        let config = &self.0.config;
        Worker {
            backoff: Backoff::new(
                config.backoff.as_duration(),
                config.backoff_limit.as_duration(),
                seed,
            ),
            shared: Arc::clone(&self.0),
            requests: 0,
            slot: 0,
            latest: Mono::ZERO,
            answers: [0; BATCH],
            answered: 0,
        }
    }

    /// Returns what the budget holds; up to 31 requests of each worker may not be in it yet.
    #[must_use]
    pub fn balance(&self, now: Mono) -> Balance {
        self.0.budget.balance(now)
    }

    /// Returns how long an attempt may take before it is hedged, once enough answers are known.
    #[must_use]
    pub fn hedge_delay(&self) -> Option<Duration> {
        self.0.latency.as_ref()?.delay()
    }
}

/// One thread's handle of a [`Retry`]: counts here, and hands on in batches of 32.
///
/// What it has not handed on when dropped, it hands on then.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Mono;
/// use eaves_health::retry::{Cause, Decision, HedgeConfig, Idempotency, Retry, RetryConfig};
///
/// let hedge = HedgeConfig::default().min_samples(32);
/// let mut worker = Retry::new(RetryConfig::default().hedge(hedge))?.worker(7);
/// let now = Mono::from_secs(1);
/// for _ in 0..32 {
///     worker.answered(Duration::from_millis(20), now);
/// }
/// let mut call = worker.start(Idempotency::Idempotent, now);
/// let due = worker.hedge_at(&call).unwrap(); // some 20 ms later
/// let decision = worker.hedge(&mut call, due);
/// assert_eq!(decision, Decision::Attempt { at: due, because: Cause::Late });
/// # Ok::<(), eaves_health::retry::RetryConfigError>(())
/// ```
#[derive(Debug)]
pub struct Worker {
    shared: Arc<Shared>,
    backoff: Backoff,
    /// Requests not handed on yet, and the slot of the budget's window that they belong to.
    requests: u32,
    slot: u64,
    latest: Mono,
    /// Buckets of latencies not handed on yet.
    answers: [u16; BATCH],
    answered: usize,
}

impl Worker {
    /// Counts a request, whose first attempt is sent now.
    pub fn start(&mut self, idempotency: Idempotency, now: Mono) -> Call {
        let slot = self.shared.budget.number(now);
        if slot != self.slot {
            self.hand_on_requests();
            self.slot = slot;
        }
        self.latest = now;
        self.requests += 1;
        if self.requests as usize >= BATCH {
            self.hand_on_requests();
        }
        Call::new(idempotency, now)
    }

    /// Decides what follows the failure of one attempt of `call`.
    pub fn failed(&mut self, call: &mut Call, failure: Failure, now: Mono) -> Decision {
        call.attempt_ended();
        if call.in_flight() > 0 {
            return Decision::Wait;
        }
        if call.retries >= self.shared.config.retries {
            return Decision::Stop(Refusal::AttemptsUsed);
        }
        let at = now + self.backoff.pause(call.retries);
        if let Err(refusal) = call.allows(Some(failure), at) {
            return Decision::Stop(refusal);
        }
        if !self.spend(now) {
            return Decision::Stop(Refusal::BudgetSpent);
        }
        call.retries += 1;
        call.attempt_begins(at);
        let because = match failure {
            Failure::Unsent => Cause::Unsent,
            Failure::Answered | Failure::Interrupted => Cause::Failed,
        };
        Decision::Attempt { at, because }
    }

    /// Returns when a hedge of `call` is due, or `None` if it may have none.
    #[must_use]
    pub fn hedge_at(&self, call: &Call) -> Option<Mono> {
        let latency = self.shared.latency.as_ref()?;
        if call.hedges >= latency.config.hedges {
            return None;
        }
        let at = call.latest() + latency.delay()?;
        call.allows(None, at).is_ok().then_some(at)
    }

    /// Decides whether a hedge is sent beside the attempt of `call` that has not answered.
    pub fn hedge(&mut self, call: &mut Call, now: Mono) -> Decision {
        let Some(latency) = self.shared.latency.as_ref() else {
            return Decision::Stop(Refusal::NotDue);
        };
        if call.hedges >= latency.config.hedges {
            return Decision::Stop(Refusal::AttemptsUsed);
        }
        if let Err(refusal) = call.allows(None, now) {
            return Decision::Stop(refusal);
        }
        let due = latency.delay().map(|delay| call.latest() + delay);
        if call.in_flight() == 0 || due.is_none_or(|due| now < due) {
            return Decision::Stop(Refusal::NotDue);
        }
        if !self.spend(now) {
            return Decision::Stop(Refusal::BudgetSpent);
        }
        call.hedges += 1;
        call.attempt_begins(now);
        let because = Cause::Late;
        Decision::Attempt { at: now, because }
    }

    /// Records how long an attempt took to answer. Attempts that were given up because a hedge won
    /// are recorded with the time they had run: left out, the quantile would creep downwards.
    pub fn answered(&mut self, latency: Duration, now: Mono) {
        self.latest = now;
        self.answers[self.answered] = bucket(latency);
        self.answered += 1;
        if self.answered == BATCH {
            self.hand_on_answers();
        }
    }

    fn spend(&mut self, now: Mono) -> bool {
        self.hand_on_requests();
        self.shared.budget.spend(now)
    }

    fn hand_on_requests(&mut self) {
        let requests = std::mem::take(&mut self.requests);
        if requests > 0 {
            self.shared.budget.deposit(requests, self.latest);
        }
    }

    fn hand_on_answers(&mut self) {
        let answers = &self.answers[..std::mem::take(&mut self.answered)];
        if let Some(latency) = &self.shared.latency {
            latency.record(answers, self.latest);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.hand_on_requests();
        self.hand_on_answers();
    }
}

const BATCH: usize = 32;

/// The latency of all workers, and the hedging delay that follows from it.
#[derive(Debug)]
struct Latency {
    config: HedgeConfig,
    quantile: Mutex<Quantile>,
    /// Nanoseconds of the delay, [`UNKNOWN`] while too little is known.
    delay: AtomicU64,
}

impl Latency {
    fn new(config: HedgeConfig) -> Self {
        let quantile = Quantile::new(config.quantile, config.half_life.as_duration());
        Self {
            config,
            quantile: Mutex::new(quantile),
            delay: AtomicU64::new(UNKNOWN),
        }
    }

    fn record(&self, answers: &[u16], now: Mono) {
        let mut quantile = self.quantile.lock().unwrap_or_else(PoisonError::into_inner);
        for bucket in answers {
            quantile.record_bucket(*bucket, now);
        }
        let known = quantile.samples() >= u64::from(self.config.min_samples);
        let delay = quantile.value().filter(|_| known).map(|delay| {
            let (min, max) = (self.config.min_delay, self.config.max_delay);
            delay.clamp(min.as_duration(), max.as_duration())
        });
        let nanos = delay.and_then(|delay| u64::try_from(delay.as_nanos()).ok());
        self.delay
            .store(nanos.unwrap_or(UNKNOWN), Ordering::Relaxed);
    }

    fn delay(&self) -> Option<Duration> {
        let nanos = self.delay.load(Ordering::Relaxed);
        (nanos != UNKNOWN).then(|| Duration::from_nanos(nanos))
    }
}

const UNKNOWN: u64 = u64::MAX;
