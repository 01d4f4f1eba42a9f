//! [`Decision`]: the one answer about a request.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode};

use crate::{
    header,
    meter::{Reading, Verdict},
};

/// Whether a request may pass, and what its sender should know.
///
/// It speaks for the rule that binds: the one that denies for longest, or among those that allow
/// the one with the least remaining.
///
/// ```
/// use eaves_common::time::Mono;
/// use eaves_ratelimit::{Limiter, Reason, Rule, key::{Facts, KeyHasher}, table::Capacity};
///
/// let rule = Rule::new("all", "1/1m".parse()?, Capacity::new(8)?)?;
/// let limiter = Limiter::new([rule], KeyHasher::random())?;
/// assert!(limiter.check(&Facts::default(), Mono::ZERO).is_allowed());
///
/// let decision = limiter.check(&Facts::default(), Mono::ZERO);
/// assert_eq!((decision.reason(), decision.rule()), (Reason::Over, Some("all")));
/// let mut headers = http::HeaderMap::new();
/// decision.write_headers(&mut headers);
/// assert_eq!(headers["ratelimit"], "\"all\";r=0;t=60");
/// assert_eq!(headers["ratelimit-policy"], "\"all\";q=1;w=60");
/// assert_eq!(headers["retry-after"], "60");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    pub(super) reason: Reason,
    pub(super) rule: Option<&'a str>,
    pub(super) reading: Option<Reading<'a>>,
    pub(super) shadow: Option<&'a str>,
    pub(super) policy: &'a HeaderValue,
}

/// Why a request is allowed or denied.
///
/// ```
/// use eaves_ratelimit::Reason;
///
/// assert!(!Reason::Over.is_allowed());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// It is on the limiter's list of what is denied.
    Blocked,
    /// It is on the limiter's list of what no rule sees; allowed.
    Exempt,
    /// It costs more than a rule ever allows at once; denied, and trying again is in vain.
    Impossible,
    /// It lacks a part of the key of a rule that denies such requests.
    MissingKey,
    /// It is over a rule's limit; denied.
    Over,
    /// No rule applies; allowed.
    Unlimited,
    /// It is within the limits of all rules; allowed.
    Within,
}

impl Reason {
    /// Says whether the request may pass.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Exempt | Self::Unlimited | Self::Within)
    }

    pub(super) const fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Allowed => Self::Within,
            Verdict::Denied => Self::Over,
            Verdict::Impossible => Self::Impossible,
        }
    }
}

impl<'a> Decision<'a> {
    /// Says whether the request may pass.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        self.reason.is_allowed()
    }

    /// Returns why.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns the name of the rule that binds, if any applies.
    #[must_use]
    pub const fn rule(&self) -> Option<&'a str> {
        self.rule
    }

    /// Returns how that rule's key stands.
    #[must_use]
    pub const fn reading(&self) -> Option<&Reading<'a>> {
        self.reading.as_ref()
    }

    /// Returns how many units that rule gives at once from idle.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.reading.as_ref().map(Reading::limit)
    }

    /// Returns how many units are left now.
    #[must_use]
    pub fn remaining(&self) -> Option<u64> {
        self.reading.as_ref().map(Reading::remaining)
    }

    /// Returns when all of the limit is possible again.
    #[must_use]
    pub fn reset_after(&self) -> Option<Duration> {
        self.reading.as_ref().map(Reading::reset_after)
    }

    /// Returns when the request would fit, the longest over all rules; `None` if it is allowed, and
    /// if it never fits.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.reading.as_ref().and_then(Reading::retry_after)
    }

    /// Returns the name of the first shadow rule that would have denied.
    #[must_use]
    pub const fn shadow(&self) -> Option<&'a str> {
        self.shadow
    }

    /// Returns the status of an answer to a denied request: 429 (RFC 6585 section 4), 400 if it
    /// lacks a key, 403 if it is blocked. `None` if it is allowed.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        match self.reason {
            Reason::Impossible | Reason::Over => Some(StatusCode::TOO_MANY_REQUESTS),
            Reason::Blocked => Some(StatusCode::FORBIDDEN),
            Reason::MissingKey => Some(StatusCode::BAD_REQUEST),
            Reason::Exempt | Reason::Unlimited | Reason::Within => None,
        }
    }

    /// Returns the gRPC status code of an answer to a denied request: `RESOURCE_EXHAUSTED` (8), `INVALID_ARGUMENT` (3)
    /// for a missing key, `PERMISSION_DENIED` (7) if it is blocked. `None` if it is allowed.
    #[must_use]
    pub const fn grpc_code(&self) -> Option<u8> {
        match self.reason {
            Reason::Impossible | Reason::Over => Some(header::GRPC_RESOURCE_EXHAUSTED),
            Reason::Blocked => Some(header::GRPC_PERMISSION_DENIED),
            Reason::MissingKey => Some(header::GRPC_INVALID_ARGUMENT),
            Reason::Exempt | Reason::Unlimited | Reason::Within => None,
        }
    }

    /// Writes `RateLimit`, `RateLimit-Policy` and, if denied, `Retry-After`, in place of what was
    /// there under these names. Writes nothing if no rule applies.
    pub fn write_headers(&self, headers: &mut HeaderMap) {
        let (Some(name), Some(reading)) = (self.rule, &self.reading) else {
            return;
        };
        headers.insert(header::RATELIMIT, header::ratelimit(name, reading));
        headers.insert(header::RATELIMIT_POLICY, self.policy.clone());
        if let Some(after) = reading.retry_after() {
            headers.insert(http::header::RETRY_AFTER, header::retry_after(after));
        }
    }
}
