//! One member of a Cache-Status field.

use core::fmt;

use http::{HeaderMap, HeaderValue, StatusCode, header::CACHE_STATUS};

/// What this cache did about one request.
///
/// ```
/// use eaves_cache::status::{CacheStatus, Forward};
///
/// let hit = CacheStatus::hit(42);
/// assert_eq!(hit.by("eaves").to_string(), "eaves; hit; ttl=42");
/// let miss = CacheStatus::forward(Forward::UriMiss).answered(http::StatusCode::OK).stored();
/// assert_eq!(miss.by("my edge").to_string(), "\"my edge\"; fwd=uri-miss; fwd-status=200; stored");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct CacheStatus {
    forward: Option<Forward>,
    forward_status: Option<StatusCode>,
    ttl: Option<i64>,
    stored: bool,
    collapsed: bool,
    detail: Option<&'static str>,
}

/// Why a request went to the origin (RFC 9211 section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Forward {
    /// The cache was configured not to handle it.
    Bypass,
    /// Its method has to be forwarded.
    Method,
    /// Nothing is stored for its URI.
    UriMiss,
    /// Something is stored, but nothing that it selects.
    VaryMiss,
    /// What is stored does not satisfy the request's own directives.
    Request,
    /// What is stored is stale, or has to be validated.
    Stale,
    /// Only a part of what it asks for is stored.
    Partial,
}

impl Forward {
    /// Returns the token of RFC 9211.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bypass => "bypass",
            Self::Method => "method",
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Request => "request",
            Self::Stale => "stale",
            Self::Partial => "partial",
        }
    }
}

impl CacheStatus {
    /// The response came from the cache; `ttl` may be negative.
    pub const fn hit(ttl: i64) -> Self {
        Self {
            forward: None,
            forward_status: None,
            ttl: Some(ttl),
            stored: false,
            collapsed: false,
            detail: None,
        }
    }

    /// The request went to the origin.
    pub const fn forward(why: Forward) -> Self {
        Self {
            forward: Some(why),
            ttl: None,
            ..Self::hit(0)
        }
    }

    /// Adds the status of the origin's answer, for a forwarded request.
    pub const fn answered(mut self, status: StatusCode) -> Self {
        self.forward_status = Some(status);
        self
    }

    /// Adds what is left of the lifetime.
    pub const fn ttl(mut self, ttl: i64) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Says that the answer is stored.
    pub const fn stored(mut self) -> Self {
        self.stored = true;
        self
    }

    /// Says that the request waited for another's answer.
    pub const fn collapsed(mut self) -> Self {
        self.collapsed = true;
        self
    }

    /// Adds a word of this implementation's own.
    pub const fn detail(mut self, detail: &'static str) -> Self {
        self.detail = Some(detail);
        self
    }

    /// Returns the member as a cache of this name writes it.
    #[must_use]
    pub fn by<'a>(&'a self, cache: &'a str) -> impl fmt::Display + 'a {
        Named {
            status: self,
            cache,
        }
    }

    /// Appends the member to a response, behind those of caches nearer to the origin.
    pub fn append_to(&self, headers: &mut HeaderMap, cache: &str) {
        let text = self.by(cache).to_string();
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.append(CACHE_STATUS, value);
        }
    }
}

struct Named<'a> {
    status: &'a CacheStatus,
    cache: &'a str,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status;
        write_name(self.cache, f)?;
        match status.forward {
            None => f.write_str("; hit")?,
            Some(why) => write!(f, "; fwd={}", why.as_str())?,
        }
        if let Some(answer) = status.forward_status {
            write!(f, "; fwd-status={}", answer.as_u16())?;
        }
        if let Some(ttl) = status.ttl {
            write!(f, "; ttl={ttl}")?;
        }
        if status.stored {
            f.write_str("; stored")?;
        }
        if status.collapsed {
            f.write_str("; collapsed")?;
        }
        match status.detail {
            Some(detail) => write!(f, "; detail={detail}"),
            None => Ok(()),
        }
    }
}

/// A token if it can be one, else a string (RFC 9651 section 4.1); what neither can hold is left out.
fn write_name(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(c);
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '*');
    if starts && name.chars().all(token) {
        return f.write_str(name);
    }
    f.write_str("\"")?;
    for c in name.chars().filter(|c| (' '..='~').contains(c)) {
        if matches!(c, '"' | '\\') {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
    }
    f.write_str("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_names_its_parts_in_order() {
        let status = CacheStatus::forward(Forward::Stale)
            .answered(StatusCode::NOT_MODIFIED)
            .ttl(-3);
        let status = status.stored().collapsed().detail("origin-error");
        assert_eq!(
            status.by("a\"b").to_string(),
            "\"a\\\"b\"; fwd=stale; fwd-status=304; ttl=-3; stored; collapsed; detail=origin-error"
        );
    }

    #[test]
    fn a_member_goes_behind_those_of_other_caches() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_STATUS, HeaderValue::from_static("origin; hit"));
        CacheStatus::hit(1).append_to(&mut headers, "eaves");
        let all: Vec<_> = headers.get_all(CACHE_STATUS).iter().collect();
        assert_eq!(all, ["origin; hit", "eaves; hit; ttl=1"]);
    }
}
