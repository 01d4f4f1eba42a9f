//! [`Ejection`]: how long origins are put out for, and how many of them.

use std::time::Duration;

use super::ranges::Section;
use crate::state::HoldTerms;

/// How long an origin that traffic has put out stays out, and how many may be out at once.
///
/// ```
/// use eaves_health::monitor::policy::Ejection;
///
/// let mut ejection = Ejection::default();
/// ejection.most = 0.3;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Ejection {
    /// At most this share of the members, but at least one, is put out for what traffic met. Beyond
    /// that a worse origin displaces a milder one.
    pub most: f64,
    /// The first hold of an origin that was put out; it doubles each time.
    #[cfg_attr(feature = "serde", serde(with = "super::span"))]
    pub hold: Duration,
    /// The longest hold.
    #[cfg_attr(feature = "serde", serde(with = "super::span"))]
    pub longest: Duration,
    /// In this time half of the past ejections are forgotten.
    #[cfg_attr(feature = "serde", serde(with = "super::span"))]
    pub half_life: Duration,
}

impl Default for Ejection {
    fn default() -> Self {
        Self {
            most: 1.0,
            hold: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            half_life: Duration::from_secs(30),
        }
    }
}

impl Ejection {
    pub(crate) fn hold_terms(&self) -> HoldTerms {
        HoldTerms {
            base: self.hold,
            longest: self.longest,
            half_life: self.half_life,
        }
    }

    pub(super) fn check(&self, mut section: Section<'_>) {
        section.share("most", self.most);
        section.time("hold", self.hold);
        section.time("longest", self.longest);
        section.time("half_life", self.half_life);
    }
}
