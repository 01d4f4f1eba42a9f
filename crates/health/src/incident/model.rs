//! [`Incident`]: what a status page shows.

use eaves_common::time::Wall;

/// Something that went wrong, from the first sign to the end.
///
/// ```
/// use eaves_health::incident::{Phase, Severity};
///
/// assert!(Severity::Critical > Severity::Minor);
/// assert!(!Phase::Monitoring.is_over() && Phase::Resolved.is_over());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Incident {
    /// Its number; each later one has a higher.
    pub number: u64,
    /// Where it stands.
    pub phase: Phase,
    /// The worst it has been.
    pub severity: Severity,
    /// The pools concerned, in the order in which they joined.
    pub pools: Vec<String>,
    /// The origins concerned, as `pool/origin`.
    pub origins: Vec<String>,
    /// When it began.
    pub began: Wall,
    /// When it ended.
    pub ended: Option<Wall>,
    /// Requests that failed meanwhile, as far as somebody has told.
    pub failed_requests: u64,
    /// Reports of users meanwhile.
    pub user_reports: u64,
    /// What happened, oldest first; the middle of a long story is left out.
    pub entries: Vec<Entry>,
    /// How many entries were left out.
    pub entries_left_out: u64,
}

/// One line of an incident's story.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Entry {
    /// When.
    pub at: Wall,
    /// The phase from then on.
    pub phase: Phase,
    /// What happened.
    pub text: String,
}

/// The life cycle of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Phase {
    /// There are signs.
    Detected,
    /// It is known what fails.
    Identified,
    /// Everything works again, and is watched.
    Monitoring,
    /// It is over.
    Resolved,
}

impl Phase {
    /// Says whether nothing follows.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Resolved)
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Severity {
    /// Single origins are out, and others serve in their place.
    Minor,
    /// Users notice and say so, while most of the pool seems well.
    Major,
    /// Most of a pool is out.
    Critical,
}
