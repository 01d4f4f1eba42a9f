//! [`Errors`] and [`Stall`]: what traffic must meet for an origin to be put out.

use std::time::Duration;

use super::ranges::Section;

/// Which errors on traffic put an origin out.
///
/// ```
/// use eaves_health::monitor::{Policy, policy::Errors};
///
/// let mut errors = Errors::default();
/// errors.in_row = 5; // a service where three errors in a row are nothing
/// let mut policy = Policy::default();
/// policy.errors = errors;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Errors {
    /// Errors in a row that put an origin out.
    pub in_row: u32,
    /// In this time the weight of results halves.
    #[cfg_attr(feature = "serde", serde(with = "super::span"))]
    pub half_life: Duration,
    /// An origin whose errors look like this share rather than like the rest of the pool is put out.
    pub share: f64,
    /// A smaller share of errors in the rest of the pool counts as this.
    pub floor: f64,
    /// The same while others are missing, whose load the rest has to take: errors that come of too
    /// much of it must not put out one after another.
    pub strained_floor: f64,
}

impl Default for Errors {
    fn default() -> Self {
        Self {
            in_row: 3,
            half_life: Duration::from_secs(2),
            share: 0.25,
            floor: 0.005,
            strained_floor: 0.1,
        }
    }
}

impl Errors {
    pub(super) fn check(&self, mut section: Section<'_>) {
        section.count("in_row", self.in_row as usize);
        section.time("half_life", self.half_life);
        section.share("share", self.share);
        section.share("floor", self.floor);
        section.share("strained_floor", self.strained_floor);
    }
}

/// Which silence on traffic puts an origin out: so many requests in flight without a single answer, for so
/// many times the usual latency and at least so long.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::monitor::policy::Stall;
///
/// let mut stall = Stall::default();
/// stall.least = Duration::from_secs(5); // a service of long polls
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Stall {
    /// So many requests must wait.
    pub requests: u32,
    /// For so many times the usual latency.
    pub ratio: f64,
    /// And at least so long.
    #[cfg_attr(feature = "serde", serde(with = "super::span"))]
    pub least: Duration,
}

impl Default for Stall {
    fn default() -> Self {
        Self {
            requests: 5,
            ratio: 10.0,
            least: Duration::from_millis(250),
        }
    }
}

impl Stall {
    pub(super) fn check(&self, mut section: Section<'_>) {
        section.count("requests", self.requests as usize);
        section.number("ratio", self.ratio, 1.0..=1000.0);
        section.pause("least", self.least);
    }
}
