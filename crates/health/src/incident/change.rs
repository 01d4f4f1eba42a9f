//! [`Change`]: what happened to an incident, and the bounded queue it waits in.

use std::collections::VecDeque;

use eaves_common::time::Wall;

use super::{IncidentId, Name, Severity, Stage};

/// One step in an incident's life, from [`Tracker::poll_change`](super::Tracker::poll_change).
///
/// ```
/// use eaves_common::time::{Mono, Now, Wall};
/// use eaves_health::incident::{IncidentConfig, Severity, Signal, State, Tracker, What};
///
/// let mut tracker = Tracker::new(IncidentConfig::default())?;
/// let now = Now { mono: Mono::ZERO, wall: Wall::from_secs(1_000) };
/// tracker.handle_signal(&Signal::pool("web", State::Down), now);
/// let change = tracker.poll_change().unwrap();
/// assert_eq!(change.what, What::Opened { severity: Severity::Critical });
/// assert_eq!(tracker.poll_change(), None);
/// # Ok::<(), eaves_health::incident::IncidentConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Change {
    /// Counts all changes, over restarts too; a receiver that saw it already can drop a repetition.
    pub sequence: u64,
    /// When it happened.
    #[cfg_attr(feature = "serde", serde(with = "super::timestamp"))]
    pub at: Wall,
    /// Which incident.
    pub incident: IncidentId,
    /// What happened.
    pub what: What,
    /// How many changes before this one went, since nobody took them.
    pub missed: u64,
}

/// What happened to an incident.
///
/// ```
/// use eaves_health::incident::{Stage, What};
///
/// let what = What::Stage { from: Stage::Detected, to: Stage::Identified };
/// assert_eq!(what.as_str(), "stage");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case", tag = "kind"))]
#[non_exhaustive]
pub enum What {
    /// Another pool belongs to it.
    Joined {
        /// The pool.
        pool: Name,
    },
    /// Somebody wrote into its timeline.
    Noted,
    /// It began.
    Opened {
        /// How bad it is.
        severity: Severity,
    },
    /// It got worse, or better.
    Severity {
        /// How bad it was.
        from: Severity,
        /// How bad it is.
        to: Severity,
    },
    /// It moved on in its life, or fell back.
    Stage {
        /// Where it was.
        from: Stage,
        /// Where it is.
        to: Stage,
    },
}

impl What {
    /// Returns the word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Joined { .. } => "joined",
            Self::Noted => "noted",
            Self::Opened { .. } => "opened",
            Self::Severity { .. } => "severity",
            Self::Stage { .. } => "stage",
        }
    }
}

/// Changes that nobody has taken yet.
#[derive(Clone, Debug)]
pub(super) struct Outbox {
    waiting: VecDeque<Change>,
    limit: usize,
    missed: u64,
    pub(super) sequence: u64,
}

impl Outbox {
    pub(super) const fn new(limit: usize, sequence: u64) -> Self {
        Self {
            waiting: VecDeque::new(),
            limit,
            missed: 0,
            sequence,
        }
    }

    pub(super) fn push(&mut self, incident: IncidentId, what: What, at: Wall) {
        if self.waiting.len() >= self.limit {
            self.waiting.pop_front();
            self.missed += 1;
        }
        self.sequence += 1;
        self.waiting.push_back(Change {
            sequence: self.sequence,
            at,
            incident,
            what,
            missed: 0,
        });
    }

    pub(super) fn pop(&mut self) -> Option<Change> {
        let change = self.waiting.pop_front()?;
        Some(Change {
            missed: std::mem::take(&mut self.missed),
            ..change
        })
    }
}
