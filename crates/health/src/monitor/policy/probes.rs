//! [`Probes`], [`Overdue`] and [`Veto`]: how many probes there are, and how far they are believed.

use std::time::Duration;

use super::ranges::Section;

/// How many probes there are, and how far they and other checkers are believed.
///
/// ```
/// use eaves_health::monitor::policy::{Initial, Probes};
///
/// let mut probes = Probes::default();
/// probes.initial = Initial::Up;
/// probes.at_once = 2_000;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Probes {
    /// What an origin counts as before its first probes.
    pub initial: Initial,
    /// Probes under way at once.
    pub at_once: usize,
    /// Probes set off by errors may add this share to the planned ones.
    pub triggered_share: f64,
    /// When they fail for this share of the pool, and traffic meets no errors there, the prober is suspected.
    pub suspect_share: f64,
    /// Votes of other checkers count for so long, see [`Monitor::handle_vote`](crate::Monitor::handle_vote).
    pub vote_life: Duration,
}

/// What an origin counts as before its first probes.
///
/// ```
/// use eaves_health::monitor::policy::Initial;
///
/// assert_eq!(Initial::default(), Initial::Probed);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Initial {
    /// As down: it needs as many good probes as one that went down, and warms up.
    Down,
    /// As nothing: the first probe decides.
    #[default]
    Probed,
    /// As healthy: it serves at once, and as many bad probes take it down as anybody.
    Up,
}

impl Default for Probes {
    fn default() -> Self {
        Self {
            initial: Initial::Probed,
            at_once: 512,
            triggered_share: 0.3,
            suspect_share: 0.2,
            vote_life: Duration::from_secs(30),
        }
    }
}

impl Probes {
    pub(super) fn check(&self, mut section: Section<'_>) {
        section.count("at_once", self.at_once);
        section.share("triggered_share", self.triggered_share);
        section.share("suspect_share", self.suspect_share);
        section.time("vote_life", self.vote_life);
    }
}

/// When a probe is as good as failed before its deadline.
///
/// ```
/// use eaves_health::monitor::policy::Overdue;
///
/// let mut overdue = Overdue::default();
/// overdue.phi = 8.0;
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Overdue {
    /// When its silence is as surprising as this by what answers took before, see
    /// [`Accrual`](crate::state::Accrual); 0 leaves it to the deadline.
    pub phi: f64,
    /// And never before this.
    pub least: Duration,
}

impl Default for Overdue {
    fn default() -> Self {
        Self {
            phi: 0.0,
            least: Duration::from_millis(150),
        }
    }
}

impl Overdue {
    pub(super) fn check(&self, mut section: Section<'_>) {
        section.number("phi", self.phi, 0.0..=100.0);
        section.time("least", self.least);
    }
}

/// When good traffic outweighs probes that fail.
///
/// It does so only while it lasts: once nothing has succeeded for the time in which six results were due by the
/// traffic of the last half minute or so (a second at least, half a minute at most), probes are believed. An operator
/// who takes an origin out of traffic by letting its probes fail needs `samples = 1e6` and `successes = u32::MAX`
/// here, or better says so: [`Admin::Draining`](crate::pool::Admin::Draining).
///
/// ```
/// use eaves_health::monitor::policy::Veto;
///
/// let mut veto = Veto::default();
/// veto.samples = 20.0; // believe probes unless there is much traffic
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Veto {
    /// While there are so many results...
    pub samples: f64,
    /// ...that hold a smaller share of errors.
    pub share: f64,
    /// And while so many requests have succeeded since probes began to fail, with no larger share of errors.
    pub successes: u32,
}

impl Default for Veto {
    fn default() -> Self {
        Self {
            samples: 5.0,
            share: 0.05,
            successes: 3,
        }
    }
}

impl Veto {
    pub(super) fn check(&self, mut section: Section<'_>) {
        section.number("samples", self.samples, 0.0..=1e6);
        section.share("share", self.share);
    }
}
