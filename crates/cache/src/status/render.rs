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

    /// Writes the member as a cache of this name does; what a formatter would do costs a tenth of a response's head.
    pub(crate) fn write(&self, cache: &str, out: &mut Vec<u8>) {
        write_name(cache, out);
        match self.forward {
            None => out.extend_from_slice(b"; hit"),
            Some(why) => push(out, &["; fwd=", why.as_str()]),
        }
        if let Some(answer) = self.forward_status {
            push(out, &["; fwd-status=", answer.as_str()]);
        }
        if let Some(ttl) = self.ttl {
            push(out, &["; ttl=", if ttl < 0 { "-" } else { "" }]);
            write_number(ttl.unsigned_abs(), out);
        }
        if self.stored {
            push(out, &["; stored"]);
        }
        if self.collapsed {
            push(out, &["; collapsed"]);
        }
        if let Some(detail) = self.detail {
            push(out, &["; detail=", detail]);
        }
    }

    /// Appends the member to a response, behind those of caches nearer to the origin.
    pub fn append_to(&self, headers: &mut HeaderMap, cache: &str) {
        let mut text = Vec::with_capacity(64);
        self.write(cache, &mut text);
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
        let mut text = Vec::with_capacity(64);
        self.status.write(self.cache, &mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

fn push(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Writes a number in decimal digits.
pub(crate) fn write_number(number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let (mut rest, mut at) = (number, digits.len());
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// A token if it can be one, else a string (RFC 9651 section 4.1); what neither can hold is left out.
fn write_name(name: &str, out: &mut Vec<u8>) {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&b);
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '*');
    if starts && name.bytes().all(token) {
        return out.extend_from_slice(name.as_bytes());
    }
    out.push(b'"');
    for byte in name.bytes().filter(|byte| (b' '..=b'~').contains(byte)) {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
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
