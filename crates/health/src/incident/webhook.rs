//! [`Webhook`]: what is sent to those who want to know.

use super::{Change, Incident, Tracker};

/// The payload about one change, as a value; sending, signing and repeating it is the caller's.
///
/// ```
/// use eaves_common::time::{Mono, Now, Wall};
/// use eaves_health::incident::{IncidentConfig, Signal, State, Tracker};
///
/// let mut tracker = Tracker::new(IncidentConfig::default())?;
/// let now = Now { mono: Mono::ZERO, wall: Wall::from_secs(1_000) };
/// tracker.handle_signal(&Signal::pool("web", State::Down), now);
/// let change = tracker.poll_change().unwrap();
/// let payload = tracker.webhook(change).unwrap();
/// assert_eq!((payload.id.as_str(), payload.event.as_str()), ("1-1", "incident.opened"));
/// # Ok::<(), eaves_health::incident::IncidentConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Webhook {
    /// The version of this format: 1.
    pub version: u32,
    /// The same however often it is sent: incident and sequence.
    pub id: String,
    /// `incident.` and the change's word.
    pub event: String,
    /// What happened.
    pub change: Change,
    /// The incident as it is now.
    pub incident: Incident,
}

impl Tracker {
    /// Makes the payload about a change, or `None` if its incident is no longer kept.
    #[must_use]
    pub fn webhook(&self, change: Change) -> Option<Webhook> {
        let incident = self.incident(change.incident)?.clone();
        Some(Webhook {
            version: 1,
            id: format!("{}-{}", change.incident, change.sequence),
            event: format!("incident.{}", change.what.as_str()),
            change,
            incident,
        })
    }
}
