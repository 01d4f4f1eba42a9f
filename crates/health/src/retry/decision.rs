//! What goes in ([`Idempotency`], [`Failure`]) and what comes out ([`Decision`]), as values.

use std::fmt;

use eaves_common::time::Mono;
use http::{Method, StatusCode};

/// What to do after a failure, or when a hedge is due.
///
/// ```
/// use eaves_health::retry::{Decision, Refusal};
///
/// let decision = Decision::Stop(Refusal::BudgetSpent);
/// assert_eq!(decision.to_string(), "stop: the retry budget is spent");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// Send another attempt, on an origin that this call has not tried; it is paid for.
    Attempt {
        /// When to send it; not before the `now` of the question.
        at: Mono,
        /// Why it is sent.
        because: Cause,
    },
    /// Send nothing: give the caller the failure.
    Stop(Refusal),
    /// Send nothing: another attempt of this call is still in flight.
    Wait,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attempt { because, .. } => write!(f, "attempt: {because}"),
            Self::Stop(refusal) => write!(f, "stop: {refusal}"),
            Self::Wait => f.write_str("wait: another attempt is in flight"),
        }
    }
}

/// Why another attempt is sent.
///
/// ```
/// use eaves_health::retry::Cause;
///
/// assert_eq!(Cause::Late.to_string(), "no answer within the usual time");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The attempt failed before an origin began to work on it.
    Unsent,
    /// The attempt failed, and it may be repeated.
    Failed,
    /// The attempt takes longer than most: this is a hedge.
    Late,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsent => "the last attempt never reached an origin",
            Self::Failed => "the last attempt failed and may be repeated",
            Self::Late => "no answer within the usual time",
        })
    }
}

/// Why no other attempt is sent.
///
/// ```
/// use eaves_health::retry::Refusal;
///
/// assert_eq!(Refusal::AttemptsUsed.to_string(), "all attempts are used");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The call had as many attempts as the configuration allows.
    AttemptsUsed,
    /// The budget of all calls is spent: the pool is failing, and more load would not help it.
    BudgetSpent,
    /// The next attempt would start after the call's deadline.
    DeadlineTooClose,
    /// The hedge was asked for before its time.
    NotDue,
    /// An origin may have acted on the request, and it must not happen twice.
    NotIdempotent,
    /// The request's body is gone.
    Unrepeatable,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AttemptsUsed => "all attempts are used",
            Self::BudgetSpent => "the retry budget is spent",
            Self::DeadlineTooClose => "the deadline is too close",
            Self::NotDue => "a hedge is not due",
            Self::NotIdempotent => "the request must not happen twice",
            Self::Unrepeatable => "the request's body is gone",
        })
    }
}

/// Whether a request may be sent twice.
///
/// ```
/// use eaves_health::retry::Idempotency;
/// use http::Method;
///
/// assert_eq!(Idempotency::of(&Method::PUT), Idempotency::Idempotent);
/// assert_eq!(Idempotency::of(&Method::POST), Idempotency::NotIdempotent);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Idempotency {
    /// Sending it twice does what sending it once does.
    Idempotent,
    /// It may be sent again only if no origin began to work on it.
    NotIdempotent,
    /// It cannot be sent again, since its body was streamed and is not kept.
    Unrepeatable,
}

impl Idempotency {
    /// Reads it off the method (RFC 9110 section 9.2.2); unknown methods are not idempotent.
    #[must_use]
    pub fn of(method: &Method) -> Self {
        match *method {
            Method::GET
            | Method::HEAD
            | Method::OPTIONS
            | Method::TRACE
            | Method::PUT
            | Method::DELETE => Self::Idempotent,
            _ => Self::NotIdempotent,
        }
    }
}

/// What went wrong with an attempt.
///
/// ```
/// use eaves_health::retry::Failure;
/// use http::StatusCode;
///
/// assert_eq!(Failure::of(StatusCode::BAD_GATEWAY), Some(Failure::Answered));
/// assert_eq!(Failure::of(StatusCode::NOT_FOUND), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The origin answered that it could not serve it now.
    Answered,
    /// The request was sent, and no whole answer came: a reset, a timeout.
    Interrupted,
    /// No origin began to work on it: the connection was refused, or the stream was refused or
    /// closed above the last one that the origin read (RFC 9113 section 8.7).
    Unsent,
}

impl Failure {
    /// Reads it off the status of an answer: 429, 502, 503 and 504 are worth another origin, any
    /// other status is an answer.
    #[must_use]
    pub fn of(status: StatusCode) -> Option<Self> {
        matches!(status.as_u16(), 429 | 502 | 503 | 504).then_some(Self::Answered)
    }
}
