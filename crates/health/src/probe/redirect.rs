//! [`HttpTarget`]: where a request goes, and where a redirect leads it.

use std::net::SocketAddr;

use super::{HttpQuestion, Reason};

/// Where an HTTP request goes.
///
/// ```
/// use eaves_health::probe::{HttpQuestion, RedirectScope, Redirects};
///
/// let mut question = HttpQuestion::new("/old/page?x=1");
/// question.host = Some("www.example".into());
/// question.redirects = Redirects { max: 3, scope: RedirectScope::SameHost };
/// let first = question.target("192.0.2.1:80".parse().unwrap());
/// let second = first.follow("../page", question.redirects.scope)?;
/// assert_eq!(second.to_string(), "http://www.example/page");
/// assert!(first.follow("http://other.example/", question.redirects.scope).is_err());
/// # Ok::<(), eaves_health::probe::Reason>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpTarget {
    scheme: Scheme,
    host: String,
    port: Option<u16>,
    path: String,
}

/// How redirects are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redirects {
    /// How many in a row; with 0 a redirect is judged by its status like any other response.
    pub max: u8,
    /// How far they may lead.
    pub scope: RedirectScope,
}

/// How far redirects may lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RedirectScope {
    /// Anywhere: an origin may then send the prober wherever the prober can reach.
    AnyHost,
    /// To the same host name, whose address stays the origin's; its scheme and port may change.
    #[default]
    SameHost,
}

/// What is spoken below HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// TCP.
    Http,
    /// TLS.
    Https,
}

impl HttpTarget {
    pub(super) fn first(question: &HttpQuestion, addr: SocketAddr) -> Self {
        let authority = question.host.clone().unwrap_or_else(|| addr.to_string());
        let (host, port) = split_port(&authority);
        Self {
            scheme: match question.tls {
                None => Scheme::Http,
                Some(_) => Scheme::Https,
            },
            host: host.into(),
            port,
            path: question.path.clone(),
        }
    }

    /// Returns what is spoken below HTTP.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the host, an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port, the scheme's if it has none of its own.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
        })
    }

    /// Returns host and port as they stand in `Host` and `:authority`.
    #[must_use]
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// Returns path and query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Says whether both are the same host, scheme and port: what answers for one answers for the other.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.is_same_host(other) && self.port() == other.port()
    }

    /// Says whether both have the same host name.
    #[must_use]
    pub fn is_same_host(&self, other: &Self) -> bool {
        self.host.eq_ignore_ascii_case(&other.host)
    }

    /// Resolves a `Location` (RFC 3986 section 5.2).
    ///
    /// # Errors
    ///
    /// [`Reason::Redirect`] if it is malformed, too long, leads out of the scope, or from TLS to none.
    pub fn follow(&self, location: &str, scope: RedirectScope) -> Result<Self, Reason> {
        let refused = |detail| Reason::Redirect {
            location: location.chars().take(200).collect(),
            detail,
        };
        let next = self.resolve(location).map_err(refused)?;
        if scope == RedirectScope::SameHost && !next.is_same_host(self) {
            return Err(refused("it leads to another host"));
        }
        if (self.scheme, next.scheme) == (Scheme::Https, Scheme::Http) {
            return Err(refused("it leads from TLS to none"));
        }
        Ok(next)
    }

    fn resolve(&self, location: &str) -> Result<Self, &'static str> {
        if location.len() > MAX_LOCATION {
            return Err("it is over 2048 bytes");
        }
        if !location.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("it holds what no URI may");
        }
        let location = location.split('#').next().unwrap_or_default();
        if let Some(rest) = location.strip_prefix("//") {
            return Self::absolute(self.scheme, rest);
        }
        if let Some((scheme, rest)) = split_scheme(location) {
            let rest = rest.strip_prefix("//").ok_or("it is no HTTP URI")?;
            return match scheme.to_ascii_lowercase().as_str() {
                "http" => Self::absolute(Scheme::Http, rest),
                "https" => Self::absolute(Scheme::Https, rest),
                _ => Err("its scheme is neither http nor https"),
            };
        }
        Ok(Self {
            path: self.merge(location),
            ..self.clone()
        })
    }

    /// Reads what follows `scheme://`.
    fn absolute(scheme: Scheme, rest: &str) -> Result<Self, &'static str> {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (host, port) = split_port(authority);
        let bracketed = host.starts_with('[') && host.ends_with(']');
        let fits = bracketed || !host.contains([':', '[', ']']);
        if host.is_empty() || !fits || authority.contains(['@', '\\']) {
            return Err("its authority is not host or host:port");
        }
        let path = match path.as_bytes().first() {
            Some(b'/') => remove_dots(path),
            _ => format!("/{path}"),
        };
        Ok(Self {
            scheme,
            host: host.into(),
            port,
            path,
        })
    }

    /// RFC 3986 section 5.2.2, for a reference without scheme and authority.
    fn merge(&self, reference: &str) -> String {
        let base = self.path.split('?').next().unwrap_or("/");
        match reference.as_bytes().first() {
            None => self.path.clone(),
            Some(b'/') => remove_dots(reference),
            Some(b'?') => format!("{base}{reference}"),
            Some(_) => {
                let folder = base.rfind('/').map_or("/", |at| &base[..=at]);
                remove_dots(&format!("{folder}{reference}"))
            }
        }
    }
}

impl core::fmt::Display for HttpTarget {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

const MAX_LOCATION: usize = 2048;

/// Splits `host:port`; the colons of an IPv6 address are within brackets.
fn split_port(authority: &str) -> (&str, Option<u16>) {
    let Some((host, port)) = authority.rsplit_once(':') else {
        return (authority, None);
    };
    match port.parse() {
        Ok(port) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ if port.is_empty() => (host, None),
        _ => (authority, None),
    }
}

/// Splits at the first colon, if what stands before it can be a scheme (RFC 3986 section 3.1).
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let can = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let fits = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    (fits && scheme.bytes().all(can)).then_some((scheme, rest))
}

/// RFC 3986 section 5.2.4; the query is left alone.
fn remove_dots(path: &str) -> String {
    let (path, query) = path.split_at(path.find('?').unwrap_or(path.len()));
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
        if is_last && matches!(segment, "." | "..") {
            kept.push("");
        }
    }
    format!("/{}{query}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base() -> HttpTarget {
        let mut question = HttpQuestion::new("/b/c/d?q");
        question.host = Some("a.example".into());
        question.target(([192, 0, 2, 1], 80).into())
    }

    #[test]
    fn references_resolve_as_in_rfc_3986_section_5_4() {
        for (reference, expected) in [
            ("g", "/b/c/g"),
            ("./g", "/b/c/g"),
            ("g/", "/b/c/g/"),
            ("/g", "/g"),
            ("?y", "/b/c/d?y"),
            ("g?y", "/b/c/g?y"),
            ("", "/b/c/d?q"),
            (".", "/b/c/"),
            ("./", "/b/c/"),
            ("..", "/b/"),
            ("../g", "/b/g"),
            ("../..", "/"),
            ("../../g", "/g"),
            ("../../../g", "/g"),
            ("/./g", "/g"),
            ("g/./h", "/b/c/g/h"),
            ("g/../h", "/b/c/h"),
            ("g?y/../x", "/b/c/g?y/../x"),
            ("//a.example/g", "/g"),
            ("HTTP://A.example", "/"),
            ("http://a.example?x", "/?x"),
            ("https://a.example:8443/x#top", "/x"),
        ] {
            let next = base().follow(reference, RedirectScope::SameHost).unwrap();
            assert_eq!(next.path(), expected, "{reference}");
        }
    }

    #[test]
    fn what_leads_astray_is_refused() {
        for location in [
            "http://b.example/",
            "//b.example/",
            "http://a.example@b.example/",
            "http://a.example\\@b.example/",
            "ftp://a.example/",
            "javascript:alert(1)",
            "http:g",
            "http:///x",
            "http://a.example:99999/",
            "http://a b/",
            "/x\r\nhost: evil",
            &"x".repeat(3000),
        ] {
            let refused = base().follow(location, RedirectScope::SameHost);
            assert!(refused.is_err(), "{location}: {refused:?}");
        }
        let mut secure = base();
        secure.scheme = Scheme::Https;
        let refused = secure.follow("http://a.example/", RedirectScope::AnyHost);
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("from TLS to none")
        );
        let other = base()
            .follow("http://[2001:db8::1]:81/", RedirectScope::AnyHost)
            .unwrap();
        assert_eq!((other.host(), other.port()), ("[2001:db8::1]", 81));
    }

    proptest! {
        #[test]
        fn no_location_smuggles_anything_into_the_request(location in "\\PC{0,60}|[/.?#:@a-z\\[\\]]{0,40}") {
            if let Ok(next) = base().follow(&location, RedirectScope::AnyHost) {
                prop_assert!(next.path().starts_with('/'));
                prop_assert!(next.to_string().bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert_eq!(next.follow(&next.to_string(), RedirectScope::SameHost), Ok(next));
            }
        }
    }
}
