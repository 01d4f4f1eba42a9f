//! [`Verdict`]: what a probe found out.

use core::{fmt, time::Duration};

/// What a probe found out.
///
/// ```
/// use eaves_health::probe::{Reason, Verdict};
///
/// let verdict = Verdict::Fail(Reason::Status { status: 503 });
/// assert_eq!(verdict.to_string(), "failed: status 503 is not expected");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The origin answered as expected.
    Pass {
        /// From the first packet to the judgement.
        latency: Duration,
    },
    /// It did not.
    Fail(Reason),
}

impl Verdict {
    /// Says whether the origin answered as expected.
    #[must_use]
    pub const fn is_pass(&self) -> bool {
        matches!(self, Self::Pass { .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass { latency } => write!(f, "passed in {latency:.1?}"),
            Self::Fail(reason) => write!(f, "failed: {reason}"),
        }
    }
}

/// Why a probe failed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case", tag = "reason"))]
#[non_exhaustive]
pub enum Reason {
    /// The body lacks what it should hold.
    #[error("the first {read} bytes of the body lack the expected text")]
    Body {
        /// How much of the body was looked at.
        read: usize,
    },
    /// The prober itself broke; says nothing about the origin.
    #[error("the prober broke: {detail}")]
    Broken {
        /// What happened.
        detail: String,
    },
    /// The connection could not be made.
    #[error("connecting: {detail}")]
    Connect {
        /// What the system said.
        detail: String,
    },
    /// The connection broke while talking.
    #[error("talking: {detail}")]
    Io {
        /// What the system said.
        detail: String,
    },
    /// The answer breaks the protocol or a limit of ours.
    #[error("answer refused at byte {at}: {detail}")]
    Protocol {
        /// How far into the answer.
        at: usize,
        /// Which rule it breaks.
        detail: &'static str,
    },
    /// It passed, but took longer than is allowed.
    #[error("took {took:?}, {allowed:?} are allowed")]
    Slow {
        /// How long it took.
        took: Duration,
        /// How long it may take.
        allowed: Duration,
    },
    /// The status is not among the expected.
    #[error("status {status} is not expected")]
    Status {
        /// The status that came.
        status: u16,
    },
    /// No judgement within the total deadline.
    #[error("no judgement within {deadline:?}")]
    Timeout {
        /// The deadline.
        deadline: Duration,
    },
}
