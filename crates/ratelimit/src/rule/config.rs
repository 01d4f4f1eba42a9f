//! [`RuleConfig`]: a rule as it stands in a config file.

use std::fmt;

use eaves_common::units::{Rate, TimeSpan};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Visitor},
};

use super::{Condition, Missing, Mode, Rule};
#[cfg(feature = "calendar")]
use crate::meter::Zone;
#[cfg(feature = "redis")]
use crate::redis::{Distributed, OnStoreError};
use crate::{error::BuildError, key::Part, meter::Algorithm, table::Capacity};

/// A rule as text, for any format that serde reads. Unknown keys are refused.
///
/// ```
/// use eaves_ratelimit::{Rule, RuleConfig};
///
/// let config: RuleConfig = toml::from_str(r#"
///     name = "per-token"
///     limit = "100/1m burst 20"
///     key = ["header.x-api-key", "client.ip/64"]
///     when = ["path is /api/*", "client.ip is not 10.0.0.0/8"]
///     missing = "deny"
/// "#)?;
/// assert_eq!(Rule::try_from(config)?.rate().burst().get(), 20);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RuleConfig {
    /// The name that stands in the `RateLimit` fields.
    pub name: String,
    /// The rate that every key is given.
    pub limit: Rate,
    /// What tells requests apart; all are counted together if it is empty.
    #[serde(default)]
    pub key: Vec<Part>,
    /// What has to hold for the rule to apply.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// Keys that can be told apart at once.
    #[serde(default = "capacity")]
    pub capacity: Capacity,
    /// How it counts.
    #[serde(default)]
    pub algorithm: Algorithm,
    /// For how long a rule of the algorithm `penalty` denies; as long as its period if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<TimeSpan>,
    /// Whose calendar a rule of the algorithm `calendar` follows: `UTC`, `+05:30` or `Europe/Zurich`.
    #[cfg(feature = "calendar")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// Whether it denies.
    #[serde(default)]
    pub mode: Mode,
    /// What happens to requests without a key.
    #[serde(default)]
    pub missing: Missing,
    /// Keys with rates of their own.
    #[serde(default)]
    pub overrides: Vec<OverrideConfig>,
    /// How nodes share the limit, `delta` or `strict`; each has its own if nothing is said.
    #[cfg(feature = "redis")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distributed: Option<Distributed>,
    /// What a distributed rule does while the store is slow or gone: `local`, `allow` or `deny`.
    #[cfg(feature = "redis")]
    #[serde(default)]
    pub on_store_error: OnStoreError,
}

/// A key with a rate of its own.
///
/// ```
/// use eaves_ratelimit::OverrideConfig;
///
/// let config: OverrideConfig = toml::from_str("key = ['acme']\nlimit = '1000/1m'")?;
/// assert_eq!(config.key, ["acme"]);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OverrideConfig {
    /// One value for each part of the rule's key.
    pub key: Vec<String>,
    /// Its rate.
    pub limit: Rate,
}

impl TryFrom<RuleConfig> for Rule {
    type Error = BuildError;

    fn try_from(config: RuleConfig) -> Result<Self, BuildError> {
        let rule = Self::new(config.name, config.limit, config.capacity)?
            .key(config.key)
            .when(config.when)
            .algorithm(config.algorithm)
            .mode(config.mode)
            .missing(config.missing);
        let rule = match config.term {
            Some(term) => rule.term(term.into()),
            None => rule,
        };
        #[cfg(feature = "calendar")]
        let rule = match config.zone {
            Some(zone) => rule.zone(zone),
            None => rule,
        };
        #[cfg(feature = "redis")]
        let rule = match config.distributed {
            Some(distributed) => rule.distributed(distributed),
            None => rule,
        }
        .on_store_error(config.on_store_error);
        let overrides = config.overrides.into_iter();
        Ok(overrides.fold(rule, |rule, own| rule.rate_of(own.key, own.limit)))
    }
}

/// 512 KiB of narrow cells.
fn capacity() -> Capacity {
    Capacity::new(65_536).unwrap_or(Capacity::MIN)
}

/// A capacity is a number, or text that is one: an environment variable is text.
impl<'de> Deserialize<'de> for Capacity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(Cells)
        } else {
            deserializer.deserialize_u64(Cells)
        }
    }
}

struct Cells;

impl Visitor<'_> for Cells {
    type Value = Capacity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of cells, such as 65536")
    }

    fn visit_i64<E: de::Error>(self, cells: i64) -> Result<Capacity, E> {
        self.visit_str(&cells.to_string())
    }

    fn visit_u64<E: de::Error>(self, cells: u64) -> Result<Capacity, E> {
        self.visit_str(&cells.to_string())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Capacity, E> {
        text.parse().map_err(E::custom)
    }
}

/// Types that are texts in config files.
macro_rules! text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text!(Algorithm);
text!(Condition);
text!(Part);
#[cfg(feature = "calendar")]
text!(Zone);
