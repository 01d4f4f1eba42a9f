//! [`HttpQuestion`]: an HTTP/1.1 request and what its answer must be.

use std::{net::SocketAddr, time::Duration};

use super::StatusSet;
use crate::config::Problems;

/// An HTTP/1.1 request and what its answer must be.
///
/// ```
/// use eaves_health::probe::HttpQuestion;
///
/// let mut question = HttpQuestion::new("/healthz");
/// question.host = Some("www.example".into());
/// question.body_contains = Some("ok".into());
/// let bytes = question.request("192.0.2.1:80".parse().unwrap());
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
    /// Text that the body must hold within its first `max_body` bytes.
    pub body_contains: Option<String>,
    /// How much of the body is read; the rest is never taken from the connection.
    pub max_body: usize,
    /// An answer that takes longer fails, though it came within the deadline.
    pub max_latency: Option<Duration>,
}

impl HttpQuestion {
    /// Asks `GET path` and expects a status from 200 to 299.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            method: "GET".into(),
            path: path.into(),
            host: None,
            fields: Vec::new(),
            expect: StatusSet::default(),
            body_contains: None,
            max_body: 64 * 1024,
            max_latency: None,
        }
    }

    /// Returns the bytes of the request to an origin at `addr`.
    #[must_use]
    pub fn request(&self, addr: SocketAddr) -> Vec<u8> {
        let host = self.host.clone().unwrap_or_else(|| addr.to_string());
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {host}\r\n", self.method, self.path);
        for (name, value) in &self.fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("user-agent: eaves-health\r\nconnection: close\r\n\r\n");
        head.into_bytes()
    }

    pub(crate) fn check(&self, path: &str, problems: &mut Problems) {
        let key = |name: &str| format!("{path}.{name}");
        if self.method.is_empty() || !self.method.bytes().all(is_tchar) {
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
        let host_fits =
            |host: &String| !host.is_empty() && host.bytes().all(|b| b.is_ascii_graphic());
        if !self.host.as_ref().is_none_or(host_fits) {
            problems.add(key("host"), "use a host name or address, without spaces");
        }
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
        if self.body_contains.is_some() && self.max_body == 0 {
            problems.add(
                key("max_body"),
                "0 leaves no body to look at, use 1 or more",
            );
        }
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
