//! [`LiveError`]: why a change of a live value was refused.

use super::Version;
use crate::{Error, ErrorKind};

/// A change that was refused; the running value stays.
///
/// ```
/// use eaves_common::live::Live;
///
/// let live = Live::new(1);
/// let error = live.commit(7.into()).unwrap_err();
/// assert_eq!(error.to_string(), "version 7 is not staged, propose it first");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// There is no earlier version to return to.
    #[error("no version before {0} is kept")]
    NothingBefore(Version),
    /// The version to leave does not run (any more).
    #[error("version {asked} does not run, {running} does")]
    NotRunning {
        /// The version to leave.
        asked: Version,
        /// The one that runs.
        running: Version,
    },
    /// The version is unknown, committed, rejected or withdrawn.
    #[error("version {0} is not staged, propose it first")]
    NotStaged(Version),
    /// Another version came to run while the candidate was checked beside the one before.
    #[error("version {0} came to run during the check, propose again")]
    Overtaken(Version),
    /// The check refused the candidate.
    #[error("version {version} was rejected")]
    Rejected {
        /// The number that the candidate got.
        version: Version,
        /// What the check said.
        #[source]
        reason: Error,
    },
}

impl From<LiveError> for Error {
    fn from(error: LiveError) -> Self {
        match error {
            LiveError::Rejected { version, reason } => {
                reason.context(format!("version {version} was rejected"))
            }
            other => Self::new(ErrorKind::Conflict, other.to_string()),
        }
    }
}
