//! [`Tiers`]: what falls to the tiers below the first.

use super::ranges::Section;
use crate::pool::Spill;

/// What falls to the tiers below the first.
///
/// ```
/// use eaves_health::monitor::policy::Tiers;
///
/// let mut tiers = Tiers::default();
/// tiers.spill_limit = 0.2; // what stands by is a fifth of what serves
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Tiers {
    /// A tier takes all of the traffic while its live weight times this is at least its weight; what
    /// is beyond it spills to the next tier.
    pub overprovision: f64,
    /// The most of the traffic that goes below the first tier while that has anybody: what lies there
    /// may be too small for all of it.
    pub spill_limit: f64,
}

impl Default for Tiers {
    fn default() -> Self {
        Self {
            overprovision: 1.4,
            spill_limit: 1.0,
        }
    }
}

impl Tiers {
    pub(crate) fn spill(&self) -> Spill {
        Spill {
            overprovision: self.overprovision,
            limit: self.spill_limit,
        }
    }

    pub(super) fn check(&self, mut section: Section<'_>) {
        section.number("overprovision", self.overprovision, 1.0..=100.0);
        section.share("spill_limit", self.spill_limit);
    }
}
