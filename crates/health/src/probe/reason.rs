//! [`Reason`]: why a probe failed.

use core::time::Duration;

use super::{Phase, ServingStatus};

/// Why a probe failed.
///
/// ```
/// use eaves_health::probe::Reason;
///
/// let reason = Reason::Alpn { wanted: "h2".into(), chosen: None };
/// assert_eq!(reason.to_string(), "it agrees to no protocol, h2 is expected");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case", tag = "reason"))]
#[non_exhaustive]
pub enum Reason {
    /// TLS was agreed on, but not the protocol to speak over it (RFC 7301).
    #[error("it agrees to {}, {wanted} is expected", .chosen.as_deref().unwrap_or("no protocol"))]
    Alpn {
        /// What was offered, separated by commas.
        wanted: String,
        /// What the origin chose.
        chosen: Option<String>,
    },
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
    /// The certificate does not prove who the origin is.
    #[error("certificate: {detail}")]
    Certificate {
        /// What is wrong with it.
        detail: String,
    },
    /// The connection could not be made, or a datagram was refused.
    #[error("connecting: {detail}")]
    Connect {
        /// What the system said.
        detail: String,
    },
    /// A DNS answer is not what it should be.
    #[error("DNS answer: {detail}")]
    Dns {
        /// What is wrong with it.
        detail: String,
    },
    /// A command ended otherwise than it should.
    #[error("the command {}", .code.map_or_else(|| "was killed by a signal".to_owned(), |code| format!("ended with status {code}")))]
    Exit {
        /// The exit status, unless a signal ended it.
        code: Option<i32>,
    },
    /// A field of the response's head is not there, or not what it should be.
    #[error("the response's field {name} is not as expected")]
    Field {
        /// Its name.
        name: String,
    },
    /// A call ended with a status other than OK.
    #[error("gRPC status {code} {message}")]
    Grpc {
        /// The status.
        code: u32,
        /// What the origin says about it.
        message: String,
    },
    /// The connection broke while talking.
    #[error("talking: {detail}")]
    Io {
        /// What the system said.
        detail: String,
    },
    /// One part of the probe took too long.
    #[error("no {phase} within {limit:?}")]
    Phase {
        /// Which.
        phase: Phase,
        /// How long it may take.
        limit: Duration,
    },
    /// The answer breaks the protocol or a limit of ours.
    #[error("answer refused at byte {at}: {detail}")]
    Protocol {
        /// How far into the answer.
        at: usize,
        /// Which rule it breaks.
        detail: &'static str,
    },
    /// A redirect cannot be followed.
    #[error("redirect to {location:?}: {detail}")]
    Redirect {
        /// Where to, cut to 200 bytes.
        location: String,
        /// Why not.
        detail: &'static str,
    },
    /// The origin says of itself that it does not serve.
    #[error("it says {status}")]
    Serving {
        /// What it says.
        status: ServingStatus,
    },
    /// The status is not among the expected.
    #[error("status {status} is not expected")]
    Status {
        /// The status that came.
        status: u16,
    },
    /// The answer lacks what it should hold.
    #[error("the first {read} bytes of the answer lack the expected text")]
    Text {
        /// How much of the answer was looked at.
        read: usize,
    },
    /// No judgement within the total deadline.
    #[error("no judgement within {deadline:?}")]
    Timeout {
        /// The deadline.
        deadline: Duration,
    },
    /// TLS could not be agreed on.
    #[error("TLS: {detail}")]
    Tls {
        /// What happened.
        detail: String,
    },
}
