//! [`Rule`]: one limit, before it has any memory.

#[cfg(feature = "redis")]
use std::sync::Arc;
use std::{collections::HashMap, time::Duration};

use eaves_common::units::Rate;

use super::Condition;
#[cfg(feature = "calendar")]
use crate::meter::Zone;
#[cfg(feature = "redis")]
use crate::redis::{Distributed, OnStoreError, Replica, Sharing, Terms};
use crate::{
    error::BuildError,
    key::{Facts, KeyHash, KeyHasher, Part},
    meter::{Algorithm, AnyMeter},
    table::{Capacity, Width},
};

/// What is limited, per which key and to which rate.
///
/// ```
/// use eaves_ratelimit::{Mode, Rule, key::Part, table::Capacity};
///
/// let per_client = Rule::new("per-client", "100/1m burst 20".parse()?, Capacity::new(65_536)?)?
///     .key([Part::CLIENT_IP]);
/// let per_token = Rule::new("per-token", "1000/1h".parse()?, Capacity::new(8_192)?)?
///     .key(["header.x-api-key".parse()?])
///     .mode(Mode::Shadow);
/// # assert_eq!((per_client.name(), per_token.name()), ("per-client", "per-token"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    name: String,
    rate: Rate,
    capacity: Capacity,
    algorithm: Algorithm,
    width: Option<Width>,
    term: Option<Duration>,
    #[cfg(feature = "calendar")]
    zone: Option<Zone>,
    key: Vec<Part>,
    conditions: Vec<Condition>,
    overrides: Vec<(Vec<String>, Rate)>,
    mode: Mode,
    missing: Missing,
    #[cfg(feature = "redis")]
    distributed: Option<Distributed>,
    #[cfg(feature = "redis")]
    on_store_error: OnStoreError,
}

impl Rule {
    /// Longest name of a rule.
    pub const LONGEST_NAME: usize = 64;

    /// Makes a rule that limits all requests together, until [`key`](Self::key) tells them apart.
    ///
    /// The name stands in the `RateLimit` fields.
    ///
    /// # Errors
    ///
    /// [`BuildError::Name`] unless the name is 1 to 64 printable ASCII characters.
    pub fn new(
        name: impl Into<String>,
        rate: Rate,
        capacity: Capacity,
    ) -> Result<Self, BuildError> {
        let name = name.into();
        let printable = name.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if name.is_empty() || name.len() > Self::LONGEST_NAME || !printable {
            return Err(BuildError::Name { name });
        }
        Ok(Self {
            name,
            rate,
            capacity,
            algorithm: Algorithm::Gcra,
            width: None,
            term: None,
            #[cfg(feature = "calendar")]
            zone: None,
            key: Vec::new(),
            conditions: Vec::new(),
            overrides: Vec::new(),
            mode: Mode::Enforce,
            missing: Missing::Share,
            #[cfg(feature = "redis")]
            distributed: None,
            #[cfg(feature = "redis")]
            on_store_error: OnStoreError::Local,
        })
    }

    /// Counts requests apart by these parts of them.
    #[must_use]
    pub fn key(self, parts: impl IntoIterator<Item = Part>) -> Self {
        Self {
            key: parts.into_iter().collect(),
            ..self
        }
    }

    /// Applies to requests for which all of these hold, and to no others.
    #[must_use]
    pub fn when(self, conditions: impl IntoIterator<Item = Condition>) -> Self {
        Self {
            conditions: conditions.into_iter().collect(),
            ..self
        }
    }

    /// Gives one key a rate of its own: its values, one for each part of the key, as text.
    ///
    /// Such a key is counted in memory of its own, exactly, and never forgotten.
    ///
    /// ```
    /// use eaves_ratelimit::{Rule, table::Capacity};
    ///
    /// let rule = Rule::new("per-token", "100/1h".parse()?, Capacity::new(8_192)?)?
    ///     .key(["header.x-api-key".parse()?])
    ///     .rate_of(["acme-7f3a"], "10000/1h burst 500".parse()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rate_of<T: Into<String>>(
        mut self,
        key: impl IntoIterator<Item = T>,
        rate: Rate,
    ) -> Self {
        let key = key.into_iter().map(Into::into).collect();
        self.overrides.push((key, rate));
        self
    }

    /// Enforces the limit or only watches what it would do.
    #[must_use]
    pub fn mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// Says what happens to requests without a key.
    #[must_use]
    pub fn missing(self, missing: Missing) -> Self {
        Self { missing, ..self }
    }

    /// Counts by another algorithm than GCRA.
    #[must_use]
    pub fn algorithm(self, algorithm: Algorithm) -> Self {
        Self { algorithm, ..self }
    }

    /// Asks for GCRA cells of this width, rather than the smallest that hold the rate.
    #[must_use]
    pub fn width(self, width: Width) -> Self {
        Self {
            width: Some(width),
            ..self
        }
    }

    /// Says for how long a rule of [`Algorithm::Penalty`] denies; as long as its period if nothing is
    /// said. Other rules have no use for it.
    #[must_use]
    pub fn term(self, term: Duration) -> Self {
        Self {
            term: Some(term),
            ..self
        }
    }

    /// Says whose calendar a rule of [`Algorithm::Calendar`] follows, which has to be said. Other rules
    /// have no use for it.
    #[cfg(feature = "calendar")]
    #[must_use]
    pub fn zone(self, zone: Zone) -> Self {
        Self {
            zone: Some(zone),
            ..self
        }
    }

    /// Shares the limit with other nodes, once an [`Engine`](crate::redis::Engine) keeps the limiter;
    /// needs GCRA and [`KeyHasher::shared`]. Until then each node has all of the limit.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn distributed(self, distributed: Distributed) -> Self {
        Self {
            distributed: Some(distributed),
            ..self
        }
    }

    /// Says what a distributed rule does while the store is slow or gone.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn on_store_error(self, on_store_error: OnStoreError) -> Self {
        Self {
            on_store_error,
            ..self
        }
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the rate.
    #[must_use]
    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// Returns how it counts.
    #[must_use]
    pub const fn counts_by(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.key
    }

    pub(super) fn applies(&self, facts: &Facts<'_>) -> bool {
        self.conditions
            .iter()
            .all(|condition| condition.holds(facts))
    }

    pub(super) fn meter(&self) -> Result<AnyMeter, BuildError> {
        self.check_use()?;
        self.meter_for(self.rate, self.capacity)
    }

    /// Refuses what would be without effect: whoever wrote it believes otherwise.
    fn check_use(&self) -> Result<(), BuildError> {
        let idle = |setting, algorithm| BuildError::Idle {
            rule: self.name.clone(),
            setting,
            algorithm,
        };
        if self.term.is_some() && self.algorithm != Algorithm::Penalty {
            return Err(idle("term", "penalty"));
        }
        #[cfg(feature = "calendar")]
        if self.zone.is_some() && self.algorithm != Algorithm::Calendar {
            return Err(idle("zone", "calendar"));
        }
        Ok(())
    }

    /// A meter of the rule's kind.
    fn meter_for(&self, rate: Rate, capacity: Capacity) -> Result<AnyMeter, BuildError> {
        #[cfg(feature = "redis")]
        if let Some(kind) = self.distributed {
            if !Terms::hold(rate) {
                return Err(BuildError::Rate { rate });
            }
            let sharing = Sharing {
                kind,
                on_store_error: self.on_store_error,
            };
            let replica = Replica::new(&self.name, rate, capacity, sharing);
            return Ok(AnyMeter::Shared(Arc::new(replica)));
        }
        #[cfg(feature = "calendar")]
        if let (Algorithm::Calendar, Some(zone)) = (self.algorithm, &self.zone) {
            return AnyMeter::calendar(rate, zone.clone(), capacity);
        }
        match (self.algorithm, self.term) {
            (Algorithm::Penalty, Some(term)) => AnyMeter::penalty(rate, term, capacity),
            _ => AnyMeter::new(self.algorithm, rate, capacity, self.width),
        }
    }

    /// Says whether keys are named and counted so that nodes can share them.
    #[cfg(feature = "redis")]
    pub(super) fn check_sharing(&self, hasher: &KeyHasher) -> Result<(), BuildError> {
        let unfit = |needs| BuildError::Distributed {
            rule: self.name.clone(),
            needs,
        };
        match self.distributed {
            None => Ok(()),
            Some(_) if self.algorithm != Algorithm::Gcra => Err(unfit("the algorithm `gcra`")),
            Some(_) if !hasher.is_shared() => Err(unfit("`KeyHasher::shared`")),
            Some(_) => Ok(()),
        }
    }

    /// The keys with rates of their own, each with a meter for it alone.
    pub(super) fn overrides(&self, hasher: &KeyHasher) -> Result<Overrides, BuildError> {
        let mut overrides = Overrides::default();
        for (texts, rate) in &self.overrides {
            let key = hasher.hash_texts(&self.key, texts);
            let key = key.ok_or_else(|| BuildError::OverrideKey {
                rule: self.name.clone(),
                text: texts.join(", "),
            })?;
            let meter = self.meter_for(*rate, Capacity::MIN)?;
            overrides.insert(key, meter);
        }
        Ok(overrides)
    }

    /// Whether both count the same keys in the same way, so that one can go on where the other is.
    pub(super) fn counts_like(&self, other: &Self) -> bool {
        #[cfg(feature = "redis")]
        if (self.distributed, self.on_store_error) != (other.distributed, other.on_store_error) {
            return false;
        }
        #[cfg(feature = "calendar")]
        if self.zone != other.zone {
            return false;
        }
        self.name == other.name
            && self.capacity == other.capacity
            && self.algorithm == other.algorithm
            && self.key == other.key
    }

    /// Whether both have the same rates, for all keys.
    pub(super) fn rates_like(&self, other: &Self) -> bool {
        (self.rate, self.width, self.term) == (other.rate, other.width, other.term)
            && self.overrides == other.overrides
    }

    pub(crate) const fn is_shadow(&self) -> bool {
        matches!(self.mode, Mode::Shadow)
    }

    pub(super) const fn on_missing(&self) -> Missing {
        self.missing
    }
}

/// Meters of keys with rates of their own.
pub(super) type Overrides = HashMap<KeyHash, AnyMeter>;

/// Whether a rule may deny.
///
/// ```
/// use eaves_ratelimit::Mode;
///
/// assert_eq!(Mode::default(), Mode::Enforce);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Mode {
    /// It denies.
    #[default]
    Enforce,
    /// It counts what it would have denied, and lets it pass: to try a rule on real traffic.
    Shadow,
}

/// What happens to a request that lacks a part of a rule's key, such as an API key or an address
/// that could not be found behind the proxies.
///
/// ```
/// use eaves_ratelimit::Missing;
///
/// assert_eq!(Missing::default(), Missing::Share);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Missing {
    /// It is denied.
    Deny,
    /// All such requests share one key.
    #[default]
    Share,
    /// The rule does not apply to it.
    Skip,
}
