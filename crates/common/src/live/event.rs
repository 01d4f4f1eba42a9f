//! [`Event`]: a line of a live value's history.

use core::fmt;
use std::sync::Arc;

use super::Version;
use crate::units::Ratio;

/// What happened to one version.
///
/// ```
/// use eaves_common::live::Live;
///
/// let live = Live::new("a");
/// let version = live.propose("b")?;
/// live.commit(version)?;
/// let lines: Vec<String> = live.history().iter().map(ToString::to_string).collect();
/// assert_eq!(lines, ["1 started", "2 staged", "2 committed"]);
/// # Ok::<(), eaves_common::live::LiveError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Which version it happened to.
    pub version: Version,
    /// What happened.
    pub step: Step,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.version, self.step)
    }
}

/// A step in the life of a version.
///
/// ```
/// use eaves_common::live::{Live, Step};
///
/// assert_eq!(Live::new(1).history()[0].step, Step::Started);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// It runs for all keys.
    Committed,
    /// The check refused it, for this reason.
    Rejected(Arc<str>),
    /// It was left for the version that ran before.
    Reverted {
        /// The version that runs instead.
        to: Version,
    },
    /// It passed its check and serves nobody yet.
    Staged,
    /// It was the first value.
    Started,
    /// It serves this share of keys.
    Trial(Ratio),
    /// It was taken back before its commit.
    Withdrawn,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Committed => f.write_str("committed"),
            Self::Rejected(why) => write!(f, "rejected: {why}"),
            Self::Reverted { to } => write!(f, "reverted to {to}"),
            Self::Staged => f.write_str("staged"),
            Self::Started => f.write_str("started"),
            Self::Trial(share) => write!(f, "on trial for {share}"),
            Self::Withdrawn => f.write_str("withdrawn"),
        }
    }
}
