//! [`Patience`]: how long a request is ready to wait, and waiting so long.

use std::{hash::BuildHasher as _, hash::RandomState, time::Duration};

use eaves_common::time::{Clock, Mono};

use super::Timer;
use crate::{Decision, Limiter, key::Facts};

/// How long a request waits for a limit at most, and how much longer than it must.
///
/// ```
/// use std::time::Duration;
/// use eaves_ratelimit::wait::Patience;
///
/// let patience = Patience::new(Duration::from_secs(5), tokio::time::sleep)
///     .jitter(Duration::from_millis(50));
/// # let _ = patience;
/// ```
#[derive(Clone, Debug)]
pub struct Patience<T> {
    longest: Duration,
    jitter: Duration,
    draws: RandomState,
    timer: T,
}

impl<T: Timer> Patience<T> {
    /// Waits so long at most, by this timer.
    #[must_use]
    pub fn new(longest: Duration, timer: T) -> Self {
        Self {
            longest,
            jitter: Duration::ZERO,
            draws: RandomState::new(),
            timer,
        }
    }

    /// Adds up to so much to each wait, at random, so that those who were denied together do not
    /// come back together.
    #[must_use]
    pub const fn jitter(mut self, most: Duration) -> Self {
        self.jitter = most;
        self
    }

    /// A part of the jitter that differs from draw to draw.
    fn draw(&self, now: Mono) -> Duration {
        let share = self.draws.hash_one(now) as u32;
        let nanos = (self.jitter.as_nanos() * u128::from(share)) >> 32;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How long to wait after a denial that began so long ago; `None` if that is too long.
    fn next(&self, retry_after: Duration, waited: Duration, now: Mono) -> Option<Duration> {
        let left = self.longest.checked_sub(waited)?;
        (retry_after <= left).then(|| (retry_after + self.draw(now)).min(left))
    }
}

impl Limiter {
    /// Waits until a request of this cost is allowed, and counts it then.
    ///
    /// A denial is returned at once if waiting is in vain, or would take longer than the patience.
    /// Whoever waits asks again when the limit's `retry_after` and some jitter have passed; others may
    /// be faster, so this is not a queue: see [`shape`](crate::shape).
    ///
    /// ```
    /// use std::time::Duration;
    /// use eaves_common::time::SystemClock;
    /// use eaves_ratelimit::{Limiter, Rule, key::{Facts, KeyHasher}, table::Capacity, wait::Patience};
    ///
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    /// # runtime.block_on(async {
    /// let rule = Rule::new("all", "1/10ms".parse()?, Capacity::new(8)?)?;
    /// let limiter = Limiter::new([rule], KeyHasher::random())?;
    /// let patience = Patience::new(Duration::from_secs(1), tokio::time::sleep);
    /// for _ in 0..3 {
    ///     let decision = limiter.until_allowed(&Facts::default(), 1, &patience, &SystemClock).await;
    ///     assert!(decision.is_allowed());
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, it has counted nothing.
    pub async fn until_allowed<T: Timer>(
        &self,
        facts: &Facts<'_>,
        cost: u64,
        patience: &Patience<T>,
        clock: &impl Clock,
    ) -> Decision<'_> {
        let began = self.time_by(clock);
        let mut now = began;
        loop {
            let decision = self.check_cost(facts, cost, now);
            let again = decision
                .retry_after()
                .filter(|_| !decision.is_allowed())
                .and_then(|retry_after| patience.next(retry_after, now - began, now));
            let Some(time) = again else {
                return decision;
            };
            patience.timer.sleep(time).await;
            now = self.time_by(clock);
        }
    }
}
