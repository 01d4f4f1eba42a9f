//! One error for services that compose several crates: a kind to match on, a message, a source.

use alloc::{borrow::Cow, boxed::Box};
use core::fmt;

/// An error with a [kind](ErrorKind) that says what a caller can do about it.
///
/// Crates keep small error enums of their own and convert them into this one, so that a service
/// that composes several of them needs one `?` and one `match`.
///
/// ```
/// use eaves_common::{Error, ErrorKind, Side};
///
/// let error = Error::new(ErrorKind::Timeout, "no answer within 2s").context("probing 10.0.0.1:80");
/// assert_eq!(error.to_string(), "probing 10.0.0.1:80");
/// assert_eq!(error.http_status(Side::Upstream), 504);
/// assert!(error.is_retryable());
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    source: Option<Box<dyn core::error::Error + Send + Sync>>,
}

impl Error {
    /// Makes an error without a source.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            source: None,
        }))
    }

    /// Makes an error that was caused by `source`; the message must not repeat the source's.
    pub fn with_source(
        kind: ErrorKind,
        message: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn core::error::Error + Send + Sync>>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            source: Some(source.into()),
        }))
    }

    /// Wraps this error in one that says what was being done; the kind stays.
    #[must_use]
    pub fn context(self, message: impl Into<Cow<'static, str>>) -> Self {
        let kind = self.kind();
        Self::with_source(kind, message, self)
    }

    /// Returns what kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Says whether the same call may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.kind.is_retryable()
    }

    /// Returns the HTTP status for an answer about this error, by whose fault it is.
    #[must_use]
    pub fn http_status(&self, side: Side) -> u16 {
        self.0.kind.http_status(side)
    }

    /// Returns the DNS response code (RFC 1035 section 4.1.1) for this error, by whose fault it is.
    #[must_use]
    pub fn rcode(&self, side: Side) -> u8 {
        self.0.kind.rcode(side)
    }

    /// Renders the message and all its sources in one line, joined by `: `.
    #[must_use]
    pub fn chain(&self) -> impl fmt::Display + '_ {
        Chain(self)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish()
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

struct Chain<'a>(&'a Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = core::error::Error::source(self.0);
        while let Some(error) = next {
            write!(f, ": {error}")?;
            next = error.source();
        }
        Ok(())
    }
}

/// What kind of failure an [`Error`] is.
///
/// ```
/// use eaves_common::{ErrorKind, Side};
///
/// assert_eq!(ErrorKind::Invalid.http_status(Side::Caller), 400);
/// assert_eq!(ErrorKind::Invalid.http_status(Side::Upstream), 502);
/// assert_eq!(ErrorKind::Invalid.to_string(), "invalid");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The state does not allow it: a version mismatch, a name taken.
    Conflict,
    /// A defect of our own.
    Internal,
    /// The input breaks its format or its rules.
    Invalid,
    /// A stated limit was reached: size, count, rate, depth.
    Limit,
    /// It did not finish in time.
    Timeout,
    /// What is needed cannot be reached now.
    Unavailable,
    /// The input is well formed, but asks for what is not offered.
    Unsupported,
}

impl ErrorKind {
    /// Says whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Timeout | Self::Unavailable | Self::Limit)
    }

    /// Returns the HTTP status (RFC 9110 section 15) for this kind, by whose fault it is.
    #[must_use]
    pub const fn http_status(self, side: Side) -> u16 {
        match (self, side) {
            (Self::Invalid, Side::Caller) => 400,
            (Self::Timeout, Side::Caller) => 408,
            (Self::Conflict, Side::Caller) => 409,
            (Self::Limit, Side::Caller) => 429,
            (Self::Internal, _) => 500,
            (Self::Unsupported, Side::Caller) => 501,
            (Self::Invalid | Self::Conflict | Self::Limit | Self::Unsupported, Side::Upstream) => {
                502
            }
            (Self::Unavailable, _) => 503,
            (Self::Timeout, Side::Upstream) => 504,
        }
    }

    /// Returns the DNS response code (RFC 1035 section 4.1.1) for this kind, by whose fault it is.
    #[must_use]
    pub const fn rcode(self, side: Side) -> u8 {
        const FORMERR: u8 = 1;
        const SERVFAIL: u8 = 2;
        const NOTIMP: u8 = 4;
        const REFUSED: u8 = 5;
        match (self, side) {
            (Self::Invalid, Side::Caller) => FORMERR,
            (Self::Unsupported, Side::Caller) => NOTIMP,
            (Self::Limit | Self::Conflict, Side::Caller) => REFUSED,
            _ => SERVFAIL,
        }
    }
}

/// Prints one word in lower case, for logs and the labels of metrics.
impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conflict => "conflict",
            Self::Internal => "internal",
            Self::Invalid => "invalid",
            Self::Limit => "limit",
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::Unsupported => "unsupported",
        })
    }
}

/// Whose input caused an error: it decides the status that an answer carries.
///
/// ```
/// use eaves_common::{Error, ErrorKind, Side};
///
/// let error = Error::new(ErrorKind::Invalid, "label over 63 octets");
/// assert_eq!(error.rcode(Side::Caller), 1); // FORMERR: they sent it
/// assert_eq!(error.rcode(Side::Upstream), 2); // SERVFAIL: we were sent it while asking for them
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The one who asked: a malformed request is 400 or FORMERR.
    Caller,
    /// The one we asked: a malformed origin answer is 502 or SERVFAIL.
    Upstream,
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn an_error_fits_three_words() {
        assert!(size_of::<Error>() <= 24);
        assert!(size_of::<Option<Error>>() <= 24);
    }

    #[test]
    fn context_keeps_the_kind_and_chains_the_messages() {
        let error = Error::new(ErrorKind::Invalid, "label over 63 octets")
            .context("reading the owner")
            .context("loading zone example.");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(
            error.chain().to_string(),
            "loading zone example.: reading the owner: label over 63 octets"
        );
    }

    #[test]
    fn the_side_at_fault_decides_the_status() {
        use ErrorKind::*;
        for (kind, caller, upstream) in [
            (Conflict, (409, 5), (502, 2)),
            (Internal, (500, 2), (500, 2)),
            (Invalid, (400, 1), (502, 2)),
            (Limit, (429, 5), (502, 2)),
            (Timeout, (408, 2), (504, 2)),
            (Unavailable, (503, 2), (503, 2)),
            (Unsupported, (501, 4), (502, 2)),
        ] {
            for (side, expected) in [(Side::Caller, caller), (Side::Upstream, upstream)] {
                assert_eq!(
                    (kind.http_status(side), kind.rcode(side)),
                    expected,
                    "{kind:?} {side:?}"
                );
            }
        }
    }
}
