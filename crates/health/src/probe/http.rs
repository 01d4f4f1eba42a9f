//! [`HttpQuestion`]: an HTTP request and what its answer must be.

use std::net::SocketAddr;

use super::{HttpTarget, Pattern, Redirects, StatusSet, TlsQuestion};
use crate::config::Problems;

/// An HTTP request and what its answer must be.
///
/// ```
/// use eaves_health::probe::{HttpQuestion, Pattern};
///
/// let mut question = HttpQuestion::new("/healthz");
/// question.host = Some("www.example".into());
/// question.body = Some(Pattern::text("ok"));
/// let target = question.target("192.0.2.1:80".parse().unwrap());
/// let bytes = question.request(&target);
/// assert!(bytes.starts_with(b"GET /healthz HTTP/1.1\r\nhost: www.example\r\n"));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HttpQuestion {
    /// `GET`, `HEAD` or another method that is safe to repeat.
    pub method: String,
    /// The request target (RFC 9112 section 3.2.1), beginning with a slash.
    pub path: String,
    /// The `Host` field; the origin's address if there is none.
    pub host: Option<String>,
    /// More request fields.
    pub fields: Vec<(String, String)>,
    /// The statuses that pass.
    pub expect: StatusSet,
    /// Fields that the response must have, and what their value must hold.
    pub expect_fields: Vec<(String, Option<Pattern>)>,
    /// What the body must hold within its first `max_body` bytes.
    pub body: Option<Pattern>,
    /// How much of the body is read; the rest is never taken from the connection.
    pub max_body: usize,
    /// How redirects are followed.
    pub redirects: Redirects,
    /// Which HTTP is spoken.
    pub version: HttpVersion,
    /// TLS below it; none for plain HTTP.
    pub tls: Option<TlsQuestion>,
    /// Whether a connection serves several probes.
    pub reuse: Reuse,
}

/// Which HTTP a probe speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpVersion {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2: over TLS by ALPN, else with prior knowledge (RFC 9113 section 3.3).
    Http2,
}

/// Whether a connection serves several probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reuse {
    /// Each probe connects anew, which also asks whether new connections are taken.
    #[default]
    Never,
    /// A connection is kept for the next probe, over HTTP/1.1 once the whole answer was read (RFC 9112
    /// section 9.3); this costs the origin less, and notices later that it refuses connections.
    KeepAlive,
}

impl HttpQuestion {
    /// Asks `GET path` over HTTP/1.1 and expects a status from 200 to 299.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            method: "GET".into(),
            path: path.into(),
            host: None,
            fields: Vec::new(),
            expect: StatusSet::default(),
            expect_fields: Vec::new(),
            body: None,
            max_body: 64 * 1024,
            redirects: Redirects::default(),
            version: HttpVersion::default(),
            tls: None,
            reuse: Reuse::default(),
        }
    }

    /// Returns where an origin at `addr` is asked first.
    #[must_use]
    pub fn target(&self, addr: SocketAddr) -> HttpTarget {
        HttpTarget::first(self, addr)
    }

    /// Returns the bytes of an HTTP/1.1 request.
    #[must_use]
    pub fn request(&self, target: &HttpTarget) -> Vec<u8> {
        let (path, host) = (target.path(), target.authority());
        let mut head = format!("{} {path} HTTP/1.1\r\nhost: {host}\r\n", self.method);
        for (name, value) in &self.fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("user-agent: eaves-health\r\n");
        if self.reuse == Reuse::Never {
            head.push_str("connection: close\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    pub(crate) fn check(&self, path: &str, problems: &mut Problems) {
        let key = |name: &str| format!("{path}.{name}");
        let is_method = !self.method.is_empty() && self.method.bytes().all(is_tchar);
        if !is_method || self.method == "CONNECT" {
            problems.add(
                key("method"),
                "not a method (RFC 9110 section 9.1), use GET or HEAD",
            );
        }
        let visible = self.path.bytes().all(|byte| byte.is_ascii_graphic());
        if !self.path.starts_with('/') || !visible {
            problems.add(
                key("path"),
                "use a path that begins with / and holds visible ASCII only",
            );
        }
        check_host(self.host.as_ref(), &key("host"), problems);
        for (name, value) in &self.fields {
            let fits =
                !name.is_empty() && name.bytes().all(is_tchar) && value.bytes().all(is_field_byte);
            if !fits {
                problems.add(
                    key("fields"),
                    format!("{name:?} cannot be sent (RFC 9110 section 5)"),
                );
            }
        }
        let framing = |name: &str| FRAMING.iter().any(|own| own.eq_ignore_ascii_case(name));
        if let Some((name, _)) = self.fields.iter().find(|(name, _)| framing(name)) {
            problems.add(
                key("fields"),
                format!("{name} is the prober's own, leave it out"),
            );
        }
        for (name, _) in &self.expect_fields {
            if name.is_empty() || !name.bytes().all(is_tchar) {
                problems.add(
                    key("expect_fields"),
                    format!("{name:?} is no field name (RFC 9110 section 5.1)"),
                );
            }
        }
        if self.max_body > MAX_BODY {
            let size = self.max_body;
            problems.add(
                key("max_body"),
                format!("{size} bytes are out of range, use up to {MAX_BODY}"),
            );
        }
        if self.body.is_some() && self.max_body == 0 {
            problems.add(
                key("max_body"),
                "0 leaves no body to look at, use 1 or more",
            );
        }
        if let Some(tls) = &self.tls {
            tls.check(path, problems);
        }
    }
}

/// What the prober says itself, or HTTP/2 forbids (RFC 9113 section 8.2.2).
const FRAMING: [&str; 7] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "te",
    "transfer-encoding",
    "upgrade",
];
const MAX_BODY: usize = 16 * 1024 * 1024;

pub(super) fn check_host(host: Option<&String>, key: &str, problems: &mut Problems) {
    let fits = |host: &String| {
        let visible = host.bytes().all(|byte| byte.is_ascii_graphic());
        !host.is_empty() && visible && !host.contains(['/', '?', '#', '@', '\\'])
    };
    if !host.is_none_or(fits) {
        problems.add(key, "use a host name or address, without spaces");
    }
}

/// RFC 9110 section 5.6.2.
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// RFC 9110 section 5.5.
fn is_field_byte(byte: u8) -> bool {
    byte == b'\t' || (b' '..=b'~').contains(&byte) || byte >= 0x80
}
