//! [`Incident`]: what is known about one outage, as plain data.

use std::fmt;

use eaves_common::{time::Wall, units::TimeSpan};

use super::{Name, Signal, State, name::cut};

/// One outage, from its first sign to its end.
///
/// ```
/// use eaves_common::time::{Mono, Now, Wall};
/// use eaves_health::incident::{IncidentConfig, Signal, State, Tracker};
///
/// let mut tracker = Tracker::new(IncidentConfig::default())?;
/// let now = Now { mono: Mono::ZERO, wall: Wall::from_secs(1_000) };
/// tracker.handle_signal(&Signal::origin("web", "a", State::Down).site("ams"), now);
/// let incident = tracker.open().next().unwrap();
/// assert_eq!(incident.started, Wall::from_secs(1_000));
/// assert_eq!(incident.affected[0].site.as_ref().unwrap().as_str(), "ams");
/// # Ok::<(), eaves_health::incident::IncidentConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// One line for people.
    pub title: String,
    /// Where it is in its life.
    pub stage: Stage,
    /// How bad it is now; how bad it was last, once all is well.
    pub severity: Severity,
    /// How bad it was at its worst.
    pub peak: Severity,
    /// When its first sign was seen.
    #[cfg_attr(feature = "serde", serde(with = "super::timestamp"))]
    pub started: Wall,
    /// When its cause was known.
    #[cfg_attr(feature = "serde", serde(with = "super::timestamp::optional", default))]
    pub identified: Option<Wall>,
    /// When all was well again, if it is.
    #[cfg_attr(feature = "serde", serde(with = "super::timestamp::optional", default))]
    pub recovered: Option<Wall>,
    /// When it was over.
    #[cfg_attr(feature = "serde", serde(with = "super::timestamp::optional", default))]
    pub resolved: Option<Wall>,
    /// How long something failed, by a clock that does not jump; the time of a restart is not in it.
    pub lasted: TimeSpan,
    /// What failed, in the order in which it did.
    pub affected: Vec<Affected>,
    /// How many more failed than are listed.
    pub unlisted: u32,
    /// Requests to the affected pools while it lasted.
    pub requests: u64,
    /// Those of them that failed.
    pub failed: u64,
    /// User reports while there were unusually many.
    pub reports: u64,
    /// What caused it, as far as known.
    pub cause: Option<String>,
    /// What happened when.
    pub timeline: Vec<Entry>,
    /// How many entries of the timeline went to make room.
    pub dropped: u32,
}

impl Incident {
    pub(super) const fn new(id: IncidentId, started: Wall) -> Self {
        Self {
            id,
            title: String::new(),
            stage: Stage::Detected,
            severity: Severity::Minor,
            peak: Severity::Minor,
            started,
            identified: None,
            recovered: None,
            resolved: None,
            lasted: TimeSpan::new(std::time::Duration::ZERO),
            affected: Vec::new(),
            unlisted: 0,
            requests: 0,
            failed: 0,
            reports: 0,
            cause: None,
            timeline: Vec::new(),
            dropped: 0,
        }
    }

    /// Writes down what a signal says about its origin or pool; returns whether it is the first word
    /// about it.
    pub(super) fn affect(&mut self, signal: &Signal, at: Wall, limit: usize) -> bool {
        let room = self.affected.len() < limit;
        let known = self
            .affected
            .iter_mut()
            .find(|known| known.pool == signal.pool && known.origin == signal.origin);
        match (known, signal.state) {
            (Some(known), State::Up) => {
                known.until = Some(known.until.unwrap_or(at));
                false
            }
            (Some(known), state) => {
                known.worst = known.worst.max(state);
                known.until = None;
                false
            }
            (None, State::Up) => false,
            (None, worst) if room => {
                self.affected.push(Affected {
                    pool: signal.pool.clone(),
                    origin: signal.origin.clone(),
                    site: signal.site.clone(),
                    worst,
                    since: at,
                    until: None,
                });
                true
            }
            (None, _) => {
                self.unlisted = self.unlisted.saturating_add(1);
                false
            }
        }
    }

    /// Ends what a pool that is no more began.
    pub(super) fn end_all(&mut self, pool: &Name, at: Wall) {
        let affected = self.affected.iter_mut();
        for affected in affected.filter(|affected| affected.pool == *pool) {
            affected.until.get_or_insert(at);
        }
    }

    /// Adds to the timeline; when it is full, the second entry goes, so that the first stays.
    pub(super) fn note(&mut self, at: Wall, text: impl Into<String>, limit: usize) {
        if self.timeline.len() >= limit {
            self.timeline.remove(1);
            self.dropped = self.dropped.saturating_add(1);
        }
        self.timeline.push(Entry {
            at,
            stage: self.stage,
            text: short(text),
        });
    }

    /// Whether a site that failed in this incident is `site`.
    pub(super) fn touches(&self, site: &Name) -> bool {
        self.affected
            .iter()
            .any(|affected| affected.site.as_ref() == Some(site))
    }
}

/// Text from outside, no longer than a paragraph.
pub(super) fn short(text: impl Into<String>) -> String {
    let mut text = text.into();
    text.truncate(cut(&text, 1_000).len());
    text
}

/// The number of an incident; they count up, over restarts too.
///
/// ```
/// use eaves_health::incident::IncidentId;
///
/// assert_eq!(IncidentId::new(42).to_string(), "42");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct IncidentId(u64);

impl IncidentId {
    /// Makes it from its number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where an incident is in its life.
///
/// ```
/// use eaves_health::incident::Stage;
///
/// assert_eq!(Stage::Monitoring.as_str(), "monitoring");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Stage {
    /// Something fails.
    Detected,
    /// It is known what fails.
    Identified,
    /// All is well; it may come back.
    Monitoring,
    /// It is over.
    Resolved,
}

impl Stage {
    /// Returns the word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Detected => "detected",
            Self::Identified => "identified",
            Self::Monitoring => "monitoring",
            Self::Resolved => "resolved",
        }
    }
}

/// How bad an incident is.
///
/// ```
/// use eaves_health::incident::Severity;
///
/// assert!(Severity::Critical > Severity::Major);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Severity {
    /// Origins fail, others serve for them.
    Minor,
    /// Users notice: requests fail, reports come in, or several pools or sites fail.
    Major,
    /// A pool is down, or most requests fail.
    Critical,
}

impl Severity {
    /// Returns the word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

/// An origin or a pool that failed in an incident.
///
/// ```
/// use eaves_common::time::{Mono, Now, Wall};
/// use eaves_health::incident::{IncidentConfig, Signal, State, Tracker};
///
/// let mut tracker = Tracker::new(IncidentConfig::default())?;
/// let now = Now { mono: Mono::ZERO, wall: Wall::from_secs(1_000) };
/// tracker.handle_signal(&Signal::origin("web", "a", State::Down), now);
/// tracker.handle_signal(&Signal::origin("web", "a", State::Up), now);
/// let affected = &tracker.open().next().unwrap().affected[0];
/// assert_eq!((affected.worst, affected.until), (State::Down, Some(now.wall)));
/// # Ok::<(), eaves_health::incident::IncidentConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Affected {
    /// The pool.
    pub pool: Name,
    /// The origin, or `None` for the pool as a whole.
    pub origin: Option<Name>,
    /// Where it is.
    pub site: Option<Name>,
    /// How bad it was.
    pub worst: State,
    /// When it began to fail.
    #[cfg_attr(feature = "serde", serde(with = "super::timestamp"))]
    pub since: Wall,
    /// When it was well again, if it is.
    #[cfg_attr(feature = "serde", serde(with = "super::timestamp::optional", default))]
    pub until: Option<Wall>,
}

/// One line of an incident's timeline.
///
/// ```
/// use eaves_common::time::{Mono, Now, Wall};
/// use eaves_health::incident::{IncidentConfig, Signal, State, Tracker};
///
/// let mut tracker = Tracker::new(IncidentConfig::default())?;
/// let now = Now { mono: Mono::ZERO, wall: Wall::from_secs(1_000) };
/// tracker.handle_signal(&Signal::pool("web", State::Down).because("no origin is left"), now);
/// let incident = tracker.open().next().unwrap();
/// assert_eq!(incident.timeline[0].text, "web is down: no origin is left");
/// # Ok::<(), eaves_health::incident::IncidentConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Entry {
    /// When it was written.
    #[cfg_attr(feature = "serde", serde(with = "super::timestamp"))]
    pub at: Wall,
    /// The stage the incident was in.
    pub stage: Stage,
    /// What happened.
    pub text: String,
}
