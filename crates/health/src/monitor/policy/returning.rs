//! [`Trial`] and [`Ramp`]: how an origin that was put out comes back.

use std::time::Duration;

use super::ranges::Section;

/// How an origin that was put out, and whose probes pass, shows that it serves again.
///
/// ```
/// use eaves_health::monitor::policy::Trial;
///
/// let mut trial = Trial::default();
/// trial.share = 0.05; // little traffic: more of it, so that there is any
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Trial {
    /// The share of its traffic that it gets.
    pub share: f64,
    /// Requests that must succeed in a row before it is taken back.
    pub successes: u32,
    /// The same for one that was put out for its share of errors.
    pub successes_after_share: u32,
    /// In panic mode, requests that must succeed in a row before an origin counts as healthy.
    pub successes_in_panic: u32,
    /// A trial that sees no traffic for this long is passed.
    #[cfg_attr(feature = "serde", serde(with = "super::span"))]
    pub patience: Duration,
}

impl Default for Trial {
    fn default() -> Self {
        Self {
            share: 0.01,
            successes: 3,
            successes_after_share: 10,
            successes_in_panic: 10,
            patience: Duration::from_secs(1),
        }
    }
}

impl Trial {
    pub(super) fn check(&self, mut section: Section<'_>) {
        section.share("share", self.share);
        section.pause("patience", self.patience);
    }
}

/// How an origin that is taken back grows to its full share.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::monitor::policy::Ramp;
///
/// let mut ramp = Ramp::default();
/// ramp.time = Duration::from_secs(60); // its caches are cold
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Ramp {
    /// The share it starts from.
    pub from: f64,
    /// How long it takes.
    #[cfg_attr(feature = "serde", serde(with = "super::span"))]
    pub time: Duration,
}

impl Default for Ramp {
    fn default() -> Self {
        Self {
            from: 0.05,
            time: Duration::from_secs(5),
        }
    }
}

impl Ramp {
    pub(super) fn check(&self, mut section: Section<'_>) {
        section.share("from", self.from);
        section.pause("time", self.time);
    }
}
