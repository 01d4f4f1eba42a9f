//! [`Scenario`]: a world and what goes wrong in it, as a TOML file says it.

use std::time::Duration;

use eaves_common::{time::Mono, units::TimeSpan};
use serde::Deserialize;

use super::fault::{Condition, Fault, Warmth};

/// A world and what goes wrong in it.
///
/// ```
/// use eaves_examples::health::sim::Scenario;
///
/// let scenario = Scenario::parse(r#"
///     duration = "120s"
///     rate = 1000
///     origins = 10
///
///     [[faults]]
///     kind = "refuse"
///     origins = [0]
///     from = "30s"
///     to = "90s"
/// "#).unwrap();
/// assert_eq!(scenario.origins.len(), 10);
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Scenario {
    /// How long requests come.
    pub duration: TimeSpan,
    /// Requests per second.
    pub rate: f64,
    /// Decides every draw.
    pub seed: u64,
    /// Who serves.
    pub origins: Origins,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// The mean time of a good answer.
    pub latency: TimeSpan,
    /// The share of it that never varies; the rest is exponential.
    pub latency_floor: f64,
    /// How long a client waits.
    pub timeout: TimeSpan,
    /// How long a refusal takes.
    pub refused_after: TimeSpan,
    /// The capacity of an origin that names none, as a multiple of its fair share of the rate.
    pub capacity: f64,
    /// The depth of the bucket of tokens that enforces it.
    pub capacity_depth: f64,
    /// How long an answer over capacity takes.
    pub overload_after: TimeSpan,
    /// The share of errors when nothing is wrong.
    pub errors: f64,
    /// The share of failed probes when nothing is wrong.
    pub probe_errors: f64,
    /// How long a probe takes.
    pub probe_latency: TimeSpan,
    /// A good answer that takes longer counts as slow.
    pub slow_over: TimeSpan,
    /// An origin with a smaller weight counts as out.
    pub out_weight: f64,
    /// Putting an origin out is right if it was bad so shortly before.
    pub bad_within: TimeSpan,
    /// The oracle leaves out who answers with so many errors...
    pub oracle_errors: f64,
    /// ...or is slower by more than this.
    pub oracle_slow: f64,
    /// How long an origin warms up after a restart...
    pub restart_warmup: TimeSpan,
    /// ...how much slower it is meanwhile...
    pub restart_slow: f64,
    /// ...and what share of its capacity it has.
    pub restart_capacity: f64,
    /// How often a failed request is tried again elsewhere.
    pub retries: u32,
    /// Retries as a share of requests.
    pub retry_budget: f64,
}

/// Who serves: so many alike, or each by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Origins {
    /// So many origins of weight 1.
    Count(usize),
    /// These.
    List(Vec<OriginSpec>),
}

/// One origin.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginSpec {
    /// Its name; its place in the file without it.
    pub name: Option<String>,
    /// Its share of the traffic.
    pub weight: Option<u32>,
    /// Its capacity in requests per second.
    pub capacity: Option<f64>,
}

/// Why a scenario cannot be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// It is no TOML of this form.
    #[error("{0}")]
    Form(#[from] toml::de::Error),
    /// A value makes no sense.
    #[error("{key}: {problem}")]
    Value {
        /// Where.
        key: String,
        /// What is wrong, and what to write instead.
        problem: String,
    },
}

impl Default for Scenario {
    fn default() -> Self {
        let span = |ms| TimeSpan::from(Duration::from_millis(ms));
        Self {
            duration: span(120_000),
            rate: 1000.0,
            seed: 1,
            origins: Origins::Count(10),
            faults: Vec::new(),
            latency: span(20),
            latency_floor: 0.5,
            timeout: span(1000),
            refused_after: span(1),
            capacity: 1.6,
            capacity_depth: 20.0,
            overload_after: span(2),
            errors: 0.001,
            probe_errors: 0.001,
            probe_latency: span(20),
            slow_over: span(100),
            out_weight: 0.05,
            bad_within: span(2000),
            oracle_errors: 0.2,
            oracle_slow: 3.0,
            restart_warmup: span(5000),
            restart_slow: 5.0,
            restart_capacity: 0.4,
            retries: 0,
            retry_budget: 0.2,
        }
    }
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] says where the text breaks the form, or which value makes no sense.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text)?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Returns the state of an origin at `now`.
    pub(super) fn condition(&self, origin: usize, now: Mono) -> Condition {
        let warmth = self.warmth();
        let mut condition = Condition::default();
        for fault in &self.faults {
            fault.apply(origin, now, warmth, &mut condition);
        }
        condition
    }

    /// Returns when any origin's state changes next.
    pub(super) fn change_after(&self, now: Mono) -> Mono {
        let changes = self
            .faults
            .iter()
            .map(|fault| fault.change_after(now, self.warmth()));
        changes.min().unwrap_or(Mono::MAX)
    }

    /// From when to when a fault lasts, in seconds; without an end, far beyond the run.
    pub(super) fn span(&self, fault: &Fault) -> (f64, f64) {
        let seconds = |at: Mono| (at - Mono::ZERO).as_secs_f64();
        (seconds(fault.start()), seconds(fault.end(self.warmth())))
    }

    fn warmth(&self) -> Warmth {
        Warmth {
            time: self.restart_warmup.as_duration(),
            slow: self.restart_slow,
            capacity: self.restart_capacity,
        }
    }

    /// Says whether the oracle leaves out an origin in this state.
    pub(super) fn is_bad(&self, condition: Condition) -> bool {
        condition.refused
            || condition.blackhole
            || condition.errors >= self.oracle_errors
            || condition.slow > self.oracle_slow
    }

    /// Returns the requests per second that an origin can take when all is well.
    pub(super) fn capacity_of(&self, origin: usize) -> f64 {
        let own = self.origins.spec(origin).and_then(|spec| spec.capacity);
        let total: u32 = (0..self.origins.len())
            .map(|at| self.origins.weight(at))
            .sum();
        let fair = self.rate * f64::from(self.origins.weight(origin)) / f64::from(total.max(1));
        own.unwrap_or(fair * self.capacity)
    }
}

impl Origins {
    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Count(count) => *count,
            Self::List(list) => list.len(),
        }
    }

    /// Says whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the weight of the one at this place.
    #[must_use]
    pub fn weight(&self, at: usize) -> u32 {
        self.spec(at).and_then(|spec| spec.weight).unwrap_or(1)
    }

    /// Returns the name of the one at this place.
    #[must_use]
    pub fn name(&self, at: usize) -> String {
        let own = self.spec(at).and_then(|spec| spec.name.clone());
        own.unwrap_or_else(|| at.to_string())
    }

    pub(super) fn spec(&self, at: usize) -> Option<&OriginSpec> {
        match self {
            Self::Count(_) => None,
            Self::List(list) => list.get(at),
        }
    }
}
