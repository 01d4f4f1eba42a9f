//! [`Event`]: what changed, and on what evidence.

use core::fmt;
use std::{sync::Arc, time::Duration};

use eaves_common::time::Now;

use super::Standing;
use crate::{
    pool::{Mode, OriginId},
    probe::{Concern, Reason},
    select::Failure,
};

/// A change, with the evidence that led to it.
///
/// ```
/// use eaves_common::time::Now;
/// use eaves_health::{Monitor, PoolConfig, monitor::Change, pool::OriginConfig, probe::Verdict};
///
/// let config = PoolConfig::new("web").origin(OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()));
/// let mut monitor = Monitor::new(config, 1, Now::default()).unwrap();
/// let probe = monitor.poll_probe().unwrap();
/// monitor.handle_probe(probe.id, &Verdict::Pass { latency: Default::default() }, Now::default());
/// let event = monitor.poll_event().unwrap();
/// assert!(matches!(event.change, Change::Origin { .. }));
/// assert_eq!(event.to_string(), "web: a is healthy (was unknown): 1 probe passed in a row");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// When.
    pub at: Now,
    /// The pool's name.
    pub pool: Arc<str>,
    /// What changed.
    pub change: Change,
    /// Why.
    pub evidence: Evidence,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// How the pool serves; from panic to panic when the last healthy one goes or the first is back.
    Mode {
        /// Before.
        from: Mode,
        /// From now on.
        to: Mode,
    },
    /// How an origin stands.
    Origin {
        /// Which.
        id: OriginId,
        /// Its name.
        name: Arc<str>,
        /// Before.
        from: Standing,
        /// From now on.
        to: Standing,
    },
}

/// Why something changed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Evidence {
    /// Probes of the targets by which the checker tests itself fail, too.
    CanaryFails {
        /// How many of those targets fail.
        red: usize,
    },
    /// Probes fail for so many at once, and traffic meets no errors there: the prober may be cut off.
    CheckerSuspect {
        /// How many.
        red: usize,
    },
    /// Probes passed with a concern in a row, or without it again.
    Concern {
        /// How many were alike.
        in_row: u32,
        /// What the latest concern was.
        concern: Concern,
    },
    /// A worse one had to be put out, and no more than so many may be.
    Displaced,
    /// Traffic met errors in a row.
    Errors {
        /// How many.
        in_row: u32,
        /// The latest.
        last: Option<Failure>,
    },
    /// Too many of the recent requests failed, far more than elsewhere in the pool.
    ErrorShare {
        /// The share of failed ones.
        share: f64,
        /// How many requests that is about.
        samples: f64,
        /// The share in the rest of the pool.
        elsewhere: f64,
    },
    /// So many members are healthy.
    Healthy {
        /// How many.
        healthy: usize,
        /// Of how many that take requests.
        of: usize,
    },
    /// Probes failed in a row.
    ProbesFailed {
        /// How many.
        in_row: u32,
        /// Why the latest did.
        reason: Option<Reason>,
    },
    /// Probes passed in a row.
    ProbesPassed {
        /// How many.
        in_row: u32,
    },
    /// It was told so, see [`Fitness`](super::Fitness).
    Told,
    /// Requests succeeded in a row, whatever the probes say.
    Traffic {
        /// How many.
        in_row: u32,
    },
    /// Most of several checkers say so.
    Votes {
        /// How many say down.
        down: usize,
        /// Of how many.
        of: usize,
    },
    /// Requests were in flight, and none was answered.
    Stall {
        /// How many.
        in_flight: u32,
        /// For how long.
        waited: Duration,
    },
    /// The time for it had come.
    Time,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.pool)?;
        match &self.change {
            Change::Mode {
                to: Mode::Panic, ..
            } => f.write_str("panic, everybody serves")?,
            Change::Mode {
                to: Mode::Normal, ..
            } => f.write_str("the healthy serve again")?,
            Change::Origin { name, from, to, .. } => write!(f, "{name} is {to} (was {from})")?,
        }
        write!(f, ": {}", self.evidence)
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u32| if count == 1 { "" } else { "s" };
        match self {
            Self::CanaryFails { red } => write!(
                f,
                "the checker's own test fails for {red} target{}",
                plural(*red as u32)
            ),
            Self::Concern { in_row, concern } => {
                write!(
                    f,
                    "{in_row} probe{} in a row about: {concern}",
                    plural(*in_row)
                )
            }
            Self::Displaced => f.write_str("a worse one had to be put out"),
            Self::Votes { down, of } => write!(f, "{down} of {of} checkers say down"),
            Self::CheckerSuspect { red } => write!(
                f,
                "probes fail for {red} origins, and traffic for none of them"
            ),
            Self::Errors { in_row, last } => {
                write!(f, "{in_row} error{} in a row", plural(*in_row))?;
                last.map_or(Ok(()), |last| write!(f, ", the last {last:?}"))
            }
            Self::ErrorShare {
                share,
                samples,
                elsewhere,
            } => write!(
                f,
                "{:.0}% of {samples:.0} requests failed, {:.1}% elsewhere",
                share * 100.0,
                elsewhere * 100.0
            ),
            Self::Healthy { healthy, of } => write!(f, "{healthy} of {of} are healthy"),
            Self::ProbesFailed { in_row, reason } => {
                write!(f, "{in_row} probe{} failed in a row", plural(*in_row))?;
                reason
                    .as_ref()
                    .map_or(Ok(()), |reason| write!(f, ", the last: {reason}"))
            }
            Self::ProbesPassed { in_row } => {
                write!(f, "{in_row} probe{} passed in a row", plural(*in_row))
            }
            Self::Traffic { in_row } => {
                write!(f, "{in_row} request{} succeeded in a row", plural(*in_row))
            }
            Self::Stall { in_flight, waited } => write!(
                f,
                "{in_flight} requests in flight, none answered for {waited:.1?}"
            ),
            Self::Told => f.write_str("it was told so"),
            Self::Time => f.write_str("its time had come"),
        }
    }
}
