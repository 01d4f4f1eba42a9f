//! [`IncidentConfig`] and [`Limits`].

use std::time::Duration;

use eaves_common::{
    Error, ErrorKind,
    units::{Ratio, TimeSpan},
};

use super::ReportConfig;

/// When incidents begin to belong together, are confirmed, and end.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::incident::{IncidentConfig, Tracker};
///
/// let config = IncidentConfig::default()
///     .group(Duration::from_secs(10))
///     .monitoring(Duration::from_secs(120));
/// let tracker = Tracker::new(config)?;
/// # let _ = tracker;
/// # Ok::<(), eaves_health::incident::IncidentConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct IncidentConfig {
    pub(super) group: TimeSpan,
    pub(super) confirm: TimeSpan,
    pub(super) monitoring: TimeSpan,
    pub(super) grace: TimeSpan,
    pub(super) major_share: Ratio,
    pub(super) critical_share: Ratio,
    pub(super) reports: ReportConfig,
    pub(super) limits: Limits,
}

impl IncidentConfig {
    /// Sets how soon after another pool one must fail to belong to the same incident; pools that
    /// share a failing site belong together however late. Zero groups by site only.
    #[must_use]
    pub const fn group(mut self, group: Duration) -> Self {
        self.group = TimeSpan::new(group);
        self
    }

    /// Sets how long a failing origin or pool must fail for the incident to be identified.
    #[must_use]
    pub const fn confirm(mut self, confirm: Duration) -> Self {
        self.confirm = TimeSpan::new(confirm);
        self
    }

    /// Sets how long all must be well before an incident is resolved; a relapse sooner than that
    /// belongs to it.
    #[must_use]
    pub const fn monitoring(mut self, monitoring: Duration) -> Self {
        self.monitoring = TimeSpan::new(monitoring);
        self
    }

    /// Sets how long after a restart what failed before is still taken for failing, if nothing is
    /// heard of it.
    #[must_use]
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = TimeSpan::new(grace);
        self
    }

    /// Sets the shares of failed requests in the last minute or so that make an incident major and
    /// critical.
    #[must_use]
    pub const fn failed_shares(mut self, major: Ratio, critical: Ratio) -> Self {
        self.major_share = major;
        self.critical_share = critical;
        self
    }

    /// Sets how user reports are judged.
    #[must_use]
    pub const fn reports(mut self, reports: ReportConfig) -> Self {
        self.reports = reports;
        self
    }

    /// Sets the limits of memory.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(super) fn check(&self) -> Result<(), IncidentConfigError> {
        self.limits.check()?;
        if self.major_share > self.critical_share {
            return Err(IncidentConfigError::Order {
                key: "major_share",
                above: "critical_share",
            });
        }
        self.reports.check()
    }
}

impl Default for IncidentConfig {
    fn default() -> Self {
        Self {
            group: TimeSpan::new(Duration::from_secs(30)),
            confirm: TimeSpan::new(Duration::from_secs(30)),
            monitoring: TimeSpan::new(Duration::from_secs(300)),
            grace: TimeSpan::new(Duration::from_secs(300)),
            major_share: Ratio::from_percent(5),
            critical_share: Ratio::from_percent(50),
            reports: ReportConfig::default(),
            limits: Limits::default(),
        }
    }
}

/// How much a tracker keeps. A pool takes up to 80 KiB once it is 90 days old, an incident some
/// 100 bytes for each origin and entry.
///
/// ```
/// use eaves_health::incident::Limits;
///
/// let limits = Limits::default().pools(10).history(50);
/// assert_ne!(limits, Limits::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Limits {
    pub(super) pools: usize,
    pub(super) origins: usize,
    pub(super) open: usize,
    pub(super) history: usize,
    pub(super) affected: usize,
    pub(super) timeline: usize,
    pub(super) changes: usize,
}

impl Limits {
    /// Sets how many pools are known; signals about others are counted as ignored.
    #[must_use]
    pub const fn pools(mut self, pools: usize) -> Self {
        self.pools = pools;
        self
    }

    /// Sets how many failing origins a pool may have; signals about others are counted as ignored.
    #[must_use]
    pub const fn origins(mut self, origins: usize) -> Self {
        self.origins = origins;
        self
    }

    /// Sets how many incidents are open at once; what comes then joins the one last joined.
    #[must_use]
    pub const fn open(mut self, open: usize) -> Self {
        self.open = open;
        self
    }

    /// Sets how many resolved incidents are kept; the oldest go first.
    #[must_use]
    pub const fn history(mut self, history: usize) -> Self {
        self.history = history;
        self
    }

    /// Sets how many affected origins an incident lists; others are counted.
    #[must_use]
    pub const fn affected(mut self, affected: usize) -> Self {
        self.affected = affected;
        self
    }

    /// Sets how many timeline entries an incident keeps: the first and the newest; those that went
    /// are counted.
    #[must_use]
    pub const fn timeline(mut self, timeline: usize) -> Self {
        self.timeline = timeline;
        self
    }

    /// Sets how many changes wait for [`poll_change`](super::Tracker::poll_change); then the oldest
    /// goes, and the next says how many went.
    #[must_use]
    pub const fn changes(mut self, changes: usize) -> Self {
        self.changes = changes;
        self
    }

    const fn check(&self) -> Result<(), IncidentConfigError> {
        let key = match self {
            Self { open: 0, .. } => "limits.open",
            Self { affected: 0, .. } => "limits.affected",
            Self { changes: 0, .. } => "limits.changes",
            Self {
                timeline: 0 | 1, ..
            } => "limits.timeline",
            _ => return Ok(()),
        };
        Err(IncidentConfigError::TooSmall { key })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pools: 256,
            origins: 10_000,
            open: 64,
            history: 500,
            affected: 256,
            timeline: 64,
            changes: 1_024,
        }
    }
}

/// Why a configuration was refused.
///
/// ```
/// use eaves_health::incident::{IncidentConfig, Limits, Tracker};
///
/// let config = IncidentConfig::default().limits(Limits::default().open(0));
/// let error = Tracker::new(config).unwrap_err();
/// assert_eq!(error.to_string(), "limits.open: too small, use 2 or more");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IncidentConfigError {
    /// A lower bound lies above its upper bound.
    #[error("{key}: lies above {above}, swap them")]
    Order {
        /// The lower bound.
        key: &'static str,
        /// The upper bound.
        above: &'static str,
    },
    /// A number is not finite or is below what makes sense.
    #[error("{key}: is out of range, use {range}")]
    Range {
        /// The key.
        key: &'static str,
        /// What to write.
        range: &'static str,
    },
    /// A limit leaves no room at all.
    #[error("{key}: too small, use 2 or more")]
    TooSmall {
        /// The key.
        key: &'static str,
    },
}

impl From<IncidentConfigError> for Error {
    fn from(error: IncidentConfigError) -> Self {
        Self::with_source(ErrorKind::Invalid, "invalid incident configuration", error)
    }
}
