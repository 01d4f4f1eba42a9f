//! [`Phases`]: how long each part of a probe may take, within its one deadline.

use core::{fmt, time::Duration};

/// How long each part of a probe may take. The check's `timeout` bounds them all together, so that
/// no origin gains time by being slow in parts.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::probe::{Check, Phases};
///
/// let mut check = Check::tls().timeout(Duration::from_secs(2));
/// check.phases.connect = Some(Duration::from_millis(300));
/// assert_ne!(check.phases, Phases::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Phases {
    /// Until the connection is made.
    pub connect: Option<Duration>,
    /// From there until TLS is agreed on.
    pub handshake: Option<Duration>,
    /// From any byte of the answer, or the question, to the next.
    pub silence: Option<Duration>,
}

/// A part of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Phase {
    /// Making the connection.
    Connect,
    /// Agreeing on TLS.
    Handshake,
    /// Waiting for the next byte.
    Silence,
}

impl Phases {
    /// Returns the limit of a part.
    #[must_use]
    pub const fn limit(&self, phase: Phase) -> Option<Duration> {
        match phase {
            Phase::Connect => self.connect,
            Phase::Handshake => self.handshake,
            Phase::Silence => self.silence,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connection",
            Self::Handshake => "TLS handshake",
            Self::Silence => "next byte",
        })
    }
}
