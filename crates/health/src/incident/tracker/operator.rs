//! What people say about an incident.

use eaves_common::{Error, ErrorKind, time::Now};

use super::{IncidentId, Stage, Tracker, What};
use crate::incident::record::short;

impl Tracker {
    /// Says what causes an incident; it is then identified.
    ///
    /// # Errors
    ///
    /// If no open incident has this number.
    pub fn identify(&mut self, id: IncidentId, cause: &str, now: Now) -> Result<(), OperatorError> {
        let open = self
            .open
            .get_mut(&id)
            .ok_or(OperatorError::Unknown { id })?;
        open.incident.cause = Some(short(cause));
        if open.incident.stage == Stage::Detected {
            open.enter(Stage::Identified, &self.config, now, &mut self.outbox);
        }
        self.note(id, cause, now)
    }

    /// Writes a line into the timeline of an incident.
    ///
    /// # Errors
    ///
    /// If no open incident has this number.
    pub fn note(&mut self, id: IncidentId, text: &str, now: Now) -> Result<(), OperatorError> {
        let open = self
            .open
            .get_mut(&id)
            .ok_or(OperatorError::Unknown { id })?;
        let limit = self.config.limits.timeline;
        open.incident.note(now.wall, text, limit);
        self.outbox.push(id, What::Noted, now.wall);
        Ok(())
    }

    /// Ends the monitoring of an incident early.
    ///
    /// # Errors
    ///
    /// If no open incident has this number, or if something of it still fails.
    pub fn resolve(&mut self, id: IncidentId, now: Now) -> Result<(), OperatorError> {
        let open = self
            .open
            .get_mut(&id)
            .ok_or(OperatorError::Unknown { id })?;
        if open.incident.stage != Stage::Monitoring {
            return Err(OperatorError::StillFailing { id });
        }
        open.enter(Stage::Resolved, &self.config, now, &mut self.outbox);
        self.file(id);
        Ok(())
    }
}

/// Why something cannot be said about an incident.
///
/// ```
/// use eaves_common::time::Now;
/// use eaves_health::incident::{IncidentConfig, IncidentId, Tracker};
///
/// let mut tracker = Tracker::new(IncidentConfig::default())?;
/// let error = tracker.resolve(IncidentId::new(7), Now::default()).unwrap_err();
/// assert_eq!(error.to_string(), "incident 7 is not open");
/// # Ok::<(), eaves_health::incident::IncidentConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// Something of it still fails.
    #[error("incident {id} cannot be resolved while something of it fails")]
    StillFailing {
        /// The incident.
        id: IncidentId,
    },
    /// No open incident has this number.
    #[error("incident {id} is not open")]
    Unknown {
        /// The number.
        id: IncidentId,
    },
}

impl From<OperatorError> for Error {
    fn from(error: OperatorError) -> Self {
        Self::with_source(ErrorKind::Conflict, "incident not changed", error)
    }
}
