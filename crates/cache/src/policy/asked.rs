//! [`Asked`]: what the fields of a request say about caching, gathered in one pass.

use http::{HeaderMap, HeaderName};

use crate::field::{RequestDirectives, members_of};

/// The fields that decisions about a request rest on.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) directives: RequestDirectives,
    /// If-Match or If-Unmodified-Since.
    pub(super) precondition: bool,
    /// If-None-Match or If-Modified-Since.
    pub(super) conditional: bool,
    pub(super) range: bool,
    pub(super) authorized: bool,
    /// Content, by what Content-Length or Transfer-Encoding says.
    pub(super) content: bool,
    /// A field that overrides the method.
    pub(super) overrides: bool,
    /// A field that names another host, scheme or path.
    pub(super) unkeyed: bool,
    /// The longest value.
    pub(super) longest: usize,
    /// All names and values together.
    pub(super) total: usize,
    controlled: bool,
    pragma: bool,
}

impl Asked {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut asked = Self::default();
        for (name, value) in headers {
            let (name, value) = (name.as_str(), value.as_bytes());
            asked.longest = asked.longest.max(value.len());
            asked.total += name.len() + value.len();
            asked.add(name, value);
        }
        // RFC 9111 section 5.4: Pragma counts for want of Cache-Control.
        asked.directives.no_cache |= asked.pragma && !asked.controlled;
        asked
    }

    fn add(&mut self, name: &str, value: &[u8]) {
        match name.as_bytes()[0] {
            b'a' => self.authorized |= name == "authorization",
            b'c' if name == "cache-control" => {
                self.controlled = true;
                self.directives.add_line(value);
            }
            b'c' => self.content |= name == "content-length" && value != b"0",
            b'f' => self.unkeyed |= name == "forwarded",
            b'i' => self.add_condition(name),
            b'p' if name == "pragma" => {
                self.pragma |= members_of(value).any(|m| m.eq_ignore_ascii_case(b"no-cache"));
            }
            b'r' => self.range |= name == "range",
            b't' => self.content |= name == "transfer-encoding",
            b'x' if name.starts_with("x-") => {
                self.overrides |= OVERRIDES.contains(&name);
                self.unkeyed |= UNKEYED.contains(&name);
            }
            _ => {}
        }
    }

    fn add_condition(&mut self, name: &str) {
        match name {
            "if-match" | "if-unmodified-since" => self.precondition = true,
            "if-none-match" | "if-modified-since" => self.conditional = true,
            _ => {}
        }
    }
}

const OVERRIDES: [&str; 3] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
];

/// Fields by which frameworks replace the host, scheme or path of a request.
pub(super) const UNKEYED: [&str; 12] = [
    "forwarded",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-ssl",
    "x-host",
    "x-original-host",
    "x-original-url",
    "x-rewrite-url",
];

/// Says whether a request has a field that names another host, scheme or path and that `is_keyed` does not know.
pub(super) fn has_unkeyed(headers: &HeaderMap, is_keyed: impl Fn(&str) -> bool) -> bool {
    let mut names = headers.keys().map(HeaderName::as_str);
    names.any(|name| UNKEYED.contains(&name) && !is_keyed(name))
}
