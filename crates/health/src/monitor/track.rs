//! [`Track`]: what is known of one origin.

use core::fmt;
use std::{sync::Arc, time::Duration};

use eaves_common::time::Mono;

use super::{Fitness, ProbeId, policy::Initial};
use crate::{
    passive::{Drift, Latency, Window},
    pool::{Origin, OriginId},
    probe::{Check, Concern, Reason},
    select::Failure,
    state::{Accrual, Hold, Quorum, RiseFall, Vote},
};

/// How an origin stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Standing {
    /// It serves what the healthy cannot take: it has been said to be [unfit](super::Fitness).
    Degraded,
    /// Its probes fail.
    Down,
    /// Its traffic fails; it is held out, then tried with a trickle.
    Ejected,
    /// It serves its full share.
    Healthy,
    /// No probe has answered yet.
    #[default]
    Unknown,
    /// It has come back and serves a growing share.
    Warming,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 6] = [
        Self::Degraded,
        Self::Down,
        Self::Ejected,
        Self::Healthy,
        Self::Unknown,
        Self::Warming,
    ];

    /// Says whether it serves by its own merit.
    #[must_use]
    pub const fn is_healthy(self) -> bool {
        matches!(self, Self::Degraded | Self::Healthy | Self::Warming)
    }

    /// Says whether it was put out.
    #[must_use]
    pub const fn is_out(self) -> bool {
        matches!(self, Self::Down | Self::Ejected)
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Ejected => "ejected",
            Self::Healthy => "healthy",
            Self::Unknown => "unknown",
            Self::Warming => "warming",
        })
    }
}

/// Answers within a few milliseconds of each other tell nothing by their differences.
const LEAST_DEVIATION: Duration = Duration::from_millis(10);

/// What is known of one origin. It outlives edits of the origin's attributes.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) id: OriginId,
    pub(super) name: Arc<str>,
    pub(super) check: Arc<Check>,
    /// What was said of its fitness.
    pub(super) fitness: Fitness,
    /// Whether probes pass without a concern, and the latest concern.
    pub(super) ease: RiseFall,
    pub(super) concern: Option<Concern>,
    pub(super) standing: Standing,
    pub(super) since: Mono,
    pub(super) probe: RiseFall,
    pub(super) reason: Option<Reason>,
    /// Whether the latest probe since it was put out passed.
    pub(super) green: bool,
    pub(super) under_way: Option<ProbeId>,
    /// When the newest probe was sent.
    pub(super) asked: Mono,
    /// A probe that counted as failed before its deadline; its answer may yet come.
    pub(super) overdue: Option<ProbeId>,
    /// What answers of probes took.
    pub(super) answers: Accrual,
    /// What other checkers say.
    pub(super) votes: Option<Box<Quorum>>,
    /// It is no member, but a target by which the checker tests itself.
    pub(super) is_canary: bool,
    /// The share of errors for which it was put out.
    pub(super) severity: f64,
    pub(super) triggered: Mono,
    pub(super) window: Window,
    /// The same over a longer time, to tell how much traffic there is.
    pub(super) long_window: Window,
    pub(super) drift: Drift,
    /// What traffic met since probes began to fail.
    pub(super) red: Option<Red>,
    /// Requests that must succeed in a row before it is taken back.
    pub(super) trials_needed: u32,
    pub(super) latency: Latency,
    /// Since when requests are in flight of which none was answered.
    pub(super) waiting_since: Option<Mono>,
    /// How many those are.
    pub(super) waiting: u32,
    pub(super) errors_in_row: u32,
    pub(super) good_in_row: u32,
    /// When a request to it was last known to have succeeded.
    pub(super) last_good: Mono,
    pub(super) failure: Option<Failure>,
    pub(super) hold: Hold,
    pub(super) held_until: Mono,
    pub(super) trial_since: Option<Mono>,
    /// The acceptance in the newest snapshot.
    pub(super) published: u16,
}

/// What traffic met since probes began to fail.
#[derive(Clone, Copy, Debug)]
pub(super) struct Red {
    pub(super) since: Mono,
    pub(super) good: u32,
    pub(super) bad: u32,
}

impl Track {
    pub(super) fn new(origin: &Origin, check: Arc<Check>, now: Mono) -> Self {
        Self {
            id: origin.id(),
            name: origin.name().into(),
            check,
            fitness: Fitness::Full,
            ease: RiseFall::up(),
            concern: None,
            standing: Standing::Unknown,
            since: now,
            probe: RiseFall::default(),
            reason: None,
            green: false,
            under_way: None,
            asked: now,
            overdue: None,
            answers: Accrual::new(LEAST_DEVIATION),
            votes: None,
            is_canary: false,
            severity: 0.0,
            triggered: Mono::ZERO,
            window: Window::default(),
            long_window: Window::default(),
            drift: Drift::default(),
            red: None,
            trials_needed: 0,
            latency: Latency::default(),
            waiting_since: None,
            waiting: 0,
            errors_in_row: 0,
            good_in_row: 0,
            last_good: Mono::ZERO,
            failure: None,
            hold: Hold::default(),
            held_until: Mono::ZERO,
            trial_since: None,
            published: 0,
        }
    }

    /// Gives it the standing of one that no probe has answered for yet.
    pub(super) fn start(&mut self, initial: Initial) {
        (self.standing, self.probe) = match initial {
            Initial::Down => (Standing::Down, RiseFall::down()),
            Initial::Probed => (Standing::Unknown, RiseFall::default()),
            Initial::Up => (Standing::Healthy, RiseFall::up()),
        };
    }

    /// Says what all checkers together say, this one's probes included.
    pub(super) fn verdict(&self, life: Duration, now: Mono) -> Option<Vote> {
        let own = self
            .probe
            .is_up()
            .map(|up| if up { Vote::Up } else { Vote::Down });
        match &self.votes {
            Some(votes) => votes.verdict(own, life, now),
            None => own,
        }
    }

    /// Says whether an origin that was put out may be tried: probes have passed since, and say up.
    pub(super) fn is_green(&self) -> bool {
        self.green && self.is_probed_up()
    }

    /// Notes what a probe found, beside what traffic meets from then on.
    pub(super) fn note_probe(&mut self, passed: bool, now: Mono) {
        self.green = passed;
        if passed {
            self.red = None;
            return;
        }
        self.red.get_or_insert(Red {
            since: now,
            good: 0,
            bad: self.errors_in_row,
        });
    }

    /// Says whether the probes have nothing against it.
    pub(super) fn is_probed_up(&self) -> bool {
        self.probe.is_up() == Some(true)
    }
}
