//! [`RetryConfig`] and [`HedgeConfig`]: what a [`Retry`](super::Retry) allows.

use std::time::Duration;

use eaves_common::{
    Error, ErrorKind,
    units::{Ratio, TimeSpan},
};

use super::BudgetConfig;

/// How often a request may be tried again, how soon, and within which budget.
///
/// By default one retry at once, within a budget of 20 %, and no hedging.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::units::Ratio;
/// use eaves_health::retry::{HedgeConfig, Retry, RetryConfig};
///
/// let config = RetryConfig::default()
///     .retries(2)
///     .backoff(Duration::from_millis(20), Duration::from_millis(200))
///     .hedge(HedgeConfig::default().quantile(Ratio::from_percent(95)));
/// let retry = Retry::new(config)?;
/// # let _ = retry;
/// # Ok::<(), eaves_health::retry::RetryConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct RetryConfig {
    pub(super) retries: u8,
    pub(super) backoff: TimeSpan,
    pub(super) backoff_limit: TimeSpan,
    pub(super) budget: BudgetConfig,
    pub(super) hedge: Option<HedgeConfig>,
}

impl RetryConfig {
    /// Sets how often one request may be tried again after a failure; hedges do not count here.
    #[must_use]
    pub const fn retries(mut self, retries: u8) -> Self {
        self.retries = retries;
        self
    }

    /// Sets the longest pause before the second retry and the limit up to which it doubles; each
    /// pause is drawn evenly between zero and it. The first retry never waits, since it goes to
    /// another origin.
    #[must_use]
    pub const fn backoff(mut self, first: Duration, limit: Duration) -> Self {
        self.backoff = TimeSpan::new(first);
        self.backoff_limit = TimeSpan::new(limit);
        self
    }

    /// Sets the budget that retries and hedges share.
    #[must_use]
    pub const fn budget(mut self, budget: BudgetConfig) -> Self {
        self.budget = budget;
        self
    }

    /// Turns hedging on.
    #[must_use]
    pub const fn hedge(mut self, hedge: HedgeConfig) -> Self {
        self.hedge = Some(hedge);
        self
    }
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            retries: 1,
            backoff: TimeSpan::new(Duration::from_millis(25)),
            backoff_limit: TimeSpan::new(Duration::from_millis(250)),
            budget: BudgetConfig::default(),
            hedge: None,
        }
    }
}

/// When a second attempt is sent beside one that has not answered yet.
///
/// By default after the latency that 95 % of the answers of the last half minute or so kept, but not
/// before 5 ms and not after 1 s, once 100 answers have been seen.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::units::Ratio;
/// use eaves_health::retry::HedgeConfig;
///
/// let config = HedgeConfig::default()
///     .quantile(Ratio::from_percent(99))
///     .delay(Duration::from_millis(2), Duration::from_millis(500));
/// assert_ne!(config, HedgeConfig::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct HedgeConfig {
    pub(super) quantile: Ratio,
    pub(super) min_delay: TimeSpan,
    pub(super) max_delay: TimeSpan,
    pub(super) half_life: TimeSpan,
    pub(super) min_samples: u32,
    pub(super) hedges: u8,
}

impl HedgeConfig {
    /// Sets the share of answers that come before a hedge is sent.
    #[must_use]
    pub const fn quantile(mut self, quantile: Ratio) -> Self {
        self.quantile = quantile;
        self
    }

    /// Sets the bounds of the delay, whatever the quantile says.
    #[must_use]
    pub const fn delay(mut self, min: Duration, max: Duration) -> Self {
        self.min_delay = TimeSpan::new(min);
        self.max_delay = TimeSpan::new(max);
        self
    }

    /// Sets the time after which an answer weighs half.
    #[must_use]
    pub const fn half_life(mut self, half_life: Duration) -> Self {
        self.half_life = TimeSpan::new(half_life);
        self
    }

    /// Sets how many answers must be known before anything is hedged.
    #[must_use]
    pub const fn min_samples(mut self, samples: u32) -> Self {
        self.min_samples = samples;
        self
    }

    /// Sets how many hedges one request may have.
    #[must_use]
    pub const fn hedges(mut self, hedges: u8) -> Self {
        self.hedges = hedges;
        self
    }

    pub(super) const fn check(&self) -> Result<(), RetryConfigError> {
        if self.half_life.as_duration().is_zero() {
            return Err(RetryConfigError::Zero {
                key: "hedge.half_life",
            });
        }
        if self.min_delay.as_duration().as_nanos() > self.max_delay.as_duration().as_nanos() {
            return Err(RetryConfigError::Order {
                key: "hedge.min_delay",
                above: "hedge.max_delay",
            });
        }
        Ok(())
    }
}

impl Default for HedgeConfig {
    fn default() -> Self {
        Self {
            quantile: Ratio::from_percent(95),
            min_delay: TimeSpan::new(Duration::from_millis(5)),
            max_delay: TimeSpan::new(Duration::from_secs(1)),
            half_life: TimeSpan::new(Duration::from_secs(30)),
            min_samples: 100,
            hedges: 1,
        }
    }
}

/// Why a configuration was refused.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::retry::{BudgetConfig, Retry, RetryConfig};
///
/// let budget = BudgetConfig::default().window(Duration::ZERO);
/// let error = Retry::new(RetryConfig::default().budget(budget)).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "budget.window: zero is out of range, write for example `10s`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RetryConfigError {
    /// A lower bound lies above its upper bound.
    #[error("{key}: lies above {above}, swap them")]
    Order {
        /// The lower bound.
        key: &'static str,
        /// The upper bound.
        above: &'static str,
    },
    /// A duration is zero that divides time.
    #[error("{key}: zero is out of range, write for example `10s`")]
    Zero {
        /// The key.
        key: &'static str,
    },
}

impl From<RetryConfigError> for Error {
    fn from(error: RetryConfigError) -> Self {
        Self::with_source(ErrorKind::Invalid, "invalid retry configuration", error)
    }
}
