//! [`Preset`]: policies by name.

use core::{fmt, str::FromStr};
use std::time::Duration;

use super::{Policy, policy::Errors};
use crate::{error::ParseError, probe::Check};

/// A policy and check timing for a kind of service; the simulator plays all outages with each.
///
/// ```
/// use eaves_health::{PoolConfig, monitor::Preset};
///
/// let preset: Preset = "low-traffic".parse().unwrap();
/// let config = PoolConfig::new("web").policy(preset.policy()).check(preset.check());
/// assert_eq!(preset, Preset::LowTraffic);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Preset {
    /// Many small requests of which some fail for reasons of their own; tells who is slow early.
    Api,
    /// Few long requests: latency says little.
    Batch,
    /// Requests too few to tell much by themselves: probes carry more weight.
    LowTraffic,
    /// Pages and files for people; the default.
    #[default]
    Web,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 4] = [Self::Api, Self::Batch, Self::LowTraffic, Self::Web];

    /// Returns how evidence becomes verdicts.
    #[must_use]
    pub fn policy(self) -> Policy {
        let web = Policy::default();
        match self {
            Self::Web => web,
            Self::Api => Policy {
                slow_ratio: 2.0,
                ..web
            },
            Self::Batch => Policy {
                slow_ratio: 10.0,
                errors: Errors {
                    half_life: Duration::from_secs(5),
                    ..web.errors
                },
                ..web
            },
            Self::LowTraffic => Policy {
                errors: Errors {
                    half_life: Duration::from_secs(10),
                    in_row: 2,
                    ..web.errors
                },
                ..web
            },
        }
    }

    /// Returns the timing of checks, which ask by TCP until they are given another question.
    #[must_use]
    pub fn check(self) -> Check {
        Check::tcp()
    }

    fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Batch => "batch",
            Self::LowTraffic => "low-traffic",
            Self::Web => "web",
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = ParseError;

    /// # Errors
    ///
    /// [`ParseError::Preset`] if there is none of this name.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let plain = |name: &str| name.to_ascii_lowercase().replace(['-', '_'], "");
        let found = Self::ALL
            .into_iter()
            .find(|preset| plain(preset.name()) == plain(text));
        found.ok_or_else(|| ParseError::Preset { name: text.into() })
    }
}
