//! [`Verdict`]: what a probe found out.

use core::{fmt, time::Duration};

use super::Reason;

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
    /// It did, but something should be looked into.
    Degraded {
        /// From the first packet to the judgement.
        latency: Duration,
        /// What.
        concern: Concern,
    },
    /// It did not.
    Fail(Reason),
}

impl Verdict {
    /// Says whether the origin answered as expected, whatever the concerns.
    #[must_use]
    pub const fn is_pass(&self) -> bool {
        matches!(self, Self::Pass { .. } | Self::Degraded { .. })
    }

    /// Says whether it passed with a concern.
    #[must_use]
    pub const fn is_degraded(&self) -> bool {
        matches!(self, Self::Degraded { .. })
    }

    /// Returns how long the origin took, if it passed.
    #[must_use]
    pub const fn latency(&self) -> Option<Duration> {
        match self {
            Self::Pass { latency } | Self::Degraded { latency, .. } => Some(*latency),
            Self::Fail(_) => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass { latency } => write!(f, "passed in {latency:.1?}"),
            Self::Degraded { latency, concern } => {
                write!(f, "passed in {latency:.1?}, but {concern}")
            }
            Self::Fail(reason) => write!(f, "failed: {reason}"),
        }
    }
}

/// What should be looked into although a probe passed.
///
/// ```
/// use eaves_health::probe::Concern;
///
/// let concern = Concern::CertificateExpires { days: 6 };
/// assert_eq!(concern.to_string(), "its certificate expires in 6 days");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case", tag = "concern"))]
#[non_exhaustive]
pub enum Concern {
    /// The certificate is about to expire.
    CertificateExpires {
        /// Whole days that are left; negative once it has expired.
        days: i64,
    },
    /// A command warns by its exit status.
    Exit {
        /// The status.
        code: i32,
    },
    /// It took longer than it should.
    Slow {
        /// How long it took.
        took: Duration,
        /// How long it may take.
        allowed: Duration,
    },
}

impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CertificateExpires { days } if *days < 0 => {
                write!(f, "its certificate has expired")
            }
            Self::CertificateExpires { days } => {
                let plural = if *days == 1 { "" } else { "s" };
                write!(f, "its certificate expires in {days} day{plural}")
            }
            Self::Exit { code } => write!(f, "it warns by exit status {code}"),
            Self::Slow { took, allowed } => {
                write!(
                    f,
                    "it should not take longer than {allowed:?}, not {took:.1?}"
                )
            }
        }
    }
}
