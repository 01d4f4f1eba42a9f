//! [`Breaker`]: a circuit breaker for whatever one calls, origin of a pool or not.

use std::time::Duration;

use eaves_common::time::Mono;

use super::{Hold, HoldTerms};
use crate::{config::Problems, error::ConfigError, passive::Window, select::Outcome};

/// A circuit breaker: closed it lets all calls pass, open none, half-open a few on trial.
///
/// It opens on failures in a row or on a share of failures, for longer each time that trials fail
/// soon after. What comes of calls that were let through before it opened no longer counts then.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Mono;
/// use eaves_health::{Failure, Outcome, state::{Admission, Breaker, BreakerConfig, BreakerState}};
///
/// let mut breaker = Breaker::new(BreakerConfig { failures_in_row: 1, ..BreakerConfig::default() })?;
/// let now = Mono::ZERO;
/// let Admission::Pass(pass) = breaker.admit(now) else { unreachable!() };
/// breaker.settle(pass, Outcome::Error(Failure::Timeout), now);
/// assert_eq!(breaker.state(now), BreakerState::Open);
/// assert_eq!(breaker.admit(now), Admission::Refuse { retry_after: Duration::from_secs(1) });
///
/// let later = now + Duration::from_secs(1);
/// let Admission::Pass(trial) = breaker.admit(later) else { unreachable!() };
/// assert_eq!(breaker.state(later), BreakerState::HalfOpen);
/// breaker.settle(trial, Outcome::Success { latency: Duration::from_millis(5) }, later);
/// # Ok::<(), eaves_health::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Breaker {
    config: BreakerConfig,
    state: BreakerState,
    /// Until when it is open, or the trials under way have time.
    until: Mono,
    hold: Hold,
    failures_in_row: u32,
    window: Window,
    trials: u32,
    successes: u32,
    /// Grows with every change of state, so that results find out whether they are of this one.
    round: u64,
}

/// What a breaker does with calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum BreakerState {
    /// All pass.
    #[default]
    Closed,
    /// A few pass on trial.
    HalfOpen,
    /// None passes.
    Open,
}

/// When a breaker opens and closes.
#[derive(Clone, Debug, PartialEq)]
pub struct BreakerConfig {
    /// So many failures in a row open it.
    pub failures_in_row: u32,
    /// So large a share of failures opens it...
    pub failure_share: f64,
    /// ...among at least so many recent calls.
    pub samples: f64,
    /// In this time the weight of results halves.
    pub half_life: Duration,
    /// How long it is open at first; twice as long each time it opens again soon.
    pub open: Duration,
    /// How long at most.
    pub open_longest: Duration,
    /// Trials under way at once while it is half-open.
    pub trials: u32,
    /// Trials in a row that must succeed to close it.
    pub successes: u32,
    /// Trials that nothing was heard of for so long make room for others.
    pub trial_patience: Duration,
}

/// Whether a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a call that is refused must not be made"]
pub enum Admission {
    /// It may; what comes of it goes to [`Breaker::settle`].
    Pass(Pass),
    /// It may not.
    Refuse {
        /// When to ask again at the earliest.
        retry_after: Duration,
    },
}

/// Stands for a call that was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    round: u64,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            failures_in_row: 5,
            failure_share: 0.5,
            samples: 20.0,
            half_life: Duration::from_secs(5),
            open: Duration::from_secs(1),
            open_longest: Duration::from_secs(60),
            trials: 1,
            successes: 3,
            trial_patience: Duration::from_secs(10),
        }
    }
}

impl Breaker {
    /// Makes a closed breaker.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] lists what is out of range.
    pub fn new(config: BreakerConfig) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        config.check(&mut problems);
        problems.into_result()?;
        Ok(Self {
            config,
            state: BreakerState::Closed,
            until: Mono::ZERO,
            hold: Hold::default(),
            failures_in_row: 0,
            window: Window::default(),
            trials: 0,
            successes: 0,
            round: 0,
        })
    }

    /// Says whether a call may be made now.
    pub fn admit(&mut self, now: Mono) -> Admission {
        self.advance(now);
        let pass = Pass { round: self.round };
        match self.state {
            BreakerState::Closed => Admission::Pass(pass),
            BreakerState::HalfOpen if self.trials < self.config.trials => {
                self.trials += 1;
                self.until = now + self.config.trial_patience;
                Admission::Pass(pass)
            }
            BreakerState::HalfOpen | BreakerState::Open => Admission::Refuse {
                retry_after: self.until - now,
            },
        }
    }

    /// Takes what came of a call that was let through.
    pub fn settle(&mut self, pass: Pass, outcome: Outcome, now: Mono) {
        self.advance(now);
        if pass.round != self.round {
            return;
        }
        let failed = matches!(outcome, Outcome::Error(_));
        match self.state {
            BreakerState::Closed => self.count(failed, now),
            BreakerState::HalfOpen if failed => self.open(now),
            BreakerState::HalfOpen => self.trial_succeeded(),
            BreakerState::Open => {}
        }
    }

    /// Returns what it does with calls now.
    #[must_use]
    pub fn state(&self, now: Mono) -> BreakerState {
        if self.state == BreakerState::Open && now >= self.until {
            return BreakerState::HalfOpen;
        }
        self.state
    }

    fn advance(&mut self, now: Mono) {
        if now < self.until {
            return;
        }
        match self.state {
            BreakerState::Open => self.enter(BreakerState::HalfOpen),
            // Nothing was heard of them; others may try.
            BreakerState::HalfOpen => self.trials = 0,
            BreakerState::Closed => {}
        }
    }

    fn count(&mut self, failed: bool, now: Mono) {
        let bad = u32::from(failed);
        self.window.add(1 - bad, bad, self.config.half_life, now);
        self.failures_in_row = if failed {
            self.failures_in_row.saturating_add(1)
        } else {
            0
        };
        let many = self.window.samples() >= self.config.samples
            && self.window.bad_share() >= self.config.failure_share;
        if failed && (many || self.failures_in_row >= self.config.failures_in_row) {
            self.open(now);
        }
    }

    fn trial_succeeded(&mut self) {
        self.trials = self.trials.saturating_sub(1);
        self.successes += 1;
        if self.successes >= self.config.successes {
            self.enter(BreakerState::Closed);
        }
    }

    fn open(&mut self, now: Mono) {
        let terms = HoldTerms {
            base: self.config.open,
            longest: self.config.open_longest,
            // It must forget far more slowly than it waits, or it would never wait for longest.
            half_life: self.config.open_longest * 10,
        };
        self.until = now + self.hold.next(terms, now);
        self.enter(BreakerState::Open);
    }

    fn enter(&mut self, state: BreakerState) {
        self.state = state;
        self.round += 1;
        self.trials = 0;
        self.successes = 0;
        self.failures_in_row = 0;
        self.window.clear();
    }
}

impl BreakerConfig {
    fn check(&self, problems: &mut Problems) {
        for (key, count) in [
            ("failures_in_row", self.failures_in_row),
            ("trials", self.trials),
            ("successes", self.successes),
        ] {
            if count == 0 {
                problems.add(key, "0 is out of range, use 1 or more");
            }
        }
        if !(0.0..=1.0).contains(&self.failure_share) || self.failure_share == 0.0 {
            let message = format!(
                "{} is out of range, use more than 0, to 1",
                self.failure_share
            );
            problems.add("failure_share", message);
        }
        if !(self.samples >= 1.0 && self.samples.is_finite()) {
            let message = format!("{} is out of range, use 1 or more", self.samples);
            problems.add("samples", message);
        }
        for (key, value) in [
            ("half_life", self.half_life),
            ("open", self.open),
            ("open_longest", self.open_longest),
            ("trial_patience", self.trial_patience),
        ] {
            if !(Duration::from_millis(1)..=Duration::from_secs(86_400)).contains(&value) {
                problems.add(key, format!("{value:?} is out of range, use 1ms to 1d"));
            }
        }
    }
}
