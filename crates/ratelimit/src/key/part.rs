//! [`Part`]: one thing of a request that makes a key.

use std::{
    fmt,
    hash::{Hash, Hasher},
    net::IpAddr,
    str::FromStr,
};

use eaves_common::units::IpPrefix;
use http::HeaderName;

use super::{Facts, KeyHash, KeyHasher};
use crate::error::{BuildError, KeyError};

/// A part of a key, written like `client.ip/64` or `header.x-api-key`.
///
/// | text | part |
/// |---|---|
/// | `client.ip` | the client's address: all of an IPv4 address, the /64 of an IPv6 address |
/// | `client.ip/56` | the same with an IPv6 prefix of that length |
/// | `client.ip/24,56` | with the lengths for IPv4 and IPv6 |
/// | `header.NAME` | a header field's first value |
/// | `cookie.NAME` | a cookie's value |
/// | `host`, `method`, `path` | of the request's target |
/// | `value.NAME` | a value that the caller gave |
///
/// ```
/// use eaves_ratelimit::key::Part;
///
/// let part: Part = "client.ip/56".parse()?;
/// assert_eq!(part, Part::ClientIp { v4: 32, v6: 56 });
/// assert_eq!(part.to_string(), "client.ip/56");
/// # Ok::<(), eaves_ratelimit::BuildError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The block of the client's address.
    ClientIp {
        /// Bits of an IPv4 address that count.
        v4: u8,
        /// Bits of an IPv6 address that count.
        v6: u8,
    },
    /// A cookie's value.
    Cookie(String),
    /// A header field's first value.
    Header(HeaderName),
    /// The host of the request, without regard to case.
    Host,
    /// The request's method.
    Method,
    /// The path of the request's target.
    Path,
    /// A value that the caller gave.
    Value(String),
}

impl Part {
    /// The client's address as it is usually counted: whole for IPv4, by /64 for IPv6, where one
    /// subscriber has at least that.
    pub const CLIENT_IP: Self = Self::ClientIp { v4: 32, v6: 64 };

    /// Returns this part of a request as bytes, `None` if the request lacks it. Addresses are no
    /// text, and have none.
    pub(crate) fn text<'a>(&self, facts: &Facts<'a>) -> Option<&'a [u8]> {
        match self {
            Self::ClientIp { .. } => None,
            Self::Cookie(name) => facts.cookie(name),
            Self::Header(name) => facts.header(name),
            Self::Host => facts.host().map(str::as_bytes),
            Self::Method => facts.method().map(|method| method.as_str().as_bytes()),
            Self::Path => facts.path().map(str::as_bytes),
            Self::Value(name) => facts.value(name).map(str::as_bytes),
        }
    }

    /// Feeds this part of a request into a hash, or returns `None` if the request lacks it.
    fn feed(&self, facts: &Facts<'_>, hasher: &mut impl Hasher) -> Option<()> {
        match self {
            Self::ClientIp { .. } => self.feed_addr(facts.client()?, hasher),
            _ => self.feed_text(self.text(facts)?, hasher),
        }
        Some(())
    }

    fn feed_addr(&self, addr: IpAddr, hasher: &mut impl Hasher) {
        if let Self::ClientIp { v4, v6 } = self {
            IpPrefix::aggregate(addr, *v4, *v6).network().hash(hasher);
        }
    }

    fn feed_text(&self, text: &[u8], hasher: &mut impl Hasher) {
        if *self != Self::Host {
            return text.hash(hasher);
        }
        text.len().hash(hasher);
        text.iter()
            .for_each(|byte| hasher.write_u8(byte.to_ascii_lowercase()));
    }
}

impl KeyHasher {
    /// Hashes the parts of a request that make a key; no parts give one key for all requests.
    ///
    /// # Errors
    ///
    /// [`KeyError::Missing`] if the request lacks one of them.
    pub fn hash_parts(&self, parts: &[Part], facts: &Facts<'_>) -> Result<KeyHash, KeyError> {
        #[cfg(feature = "redis")]
        if let Some(shared) = self.as_shared() {
            return shared.hash_parts(parts, facts);
        }
        let mut hasher = self.start();
        for (at, part) in parts.iter().enumerate() {
            part.feed(facts, &mut hasher)
                .ok_or(KeyError::Missing { at })?;
        }
        Ok(KeyHash::new(hasher.finish()))
    }

    /// Hashes a key that is written down, one text for each part, as the request's own would be.
    pub(crate) fn hash_texts(&self, parts: &[Part], texts: &[String]) -> Option<KeyHash> {
        #[cfg(feature = "redis")]
        if let Some(shared) = self.as_shared() {
            return shared.hash_texts(parts, texts);
        }
        let mut hasher = self.start();
        for (part, text) in parts.iter().zip(texts) {
            match part {
                Part::ClientIp { .. } => part.feed_addr(text.parse().ok()?, &mut hasher),
                _ => part.feed_text(text.as_bytes(), &mut hasher),
            }
        }
        (parts.len() == texts.len()).then(|| KeyHash::new(hasher.finish()))
    }
}

impl FromStr for Part {
    type Err = BuildError;

    fn from_str(text: &str) -> Result<Self, BuildError> {
        let wrong = |expected| BuildError::KeyPart {
            part: text.to_owned(),
            expected,
        };
        match text {
            "client.ip" => return Ok(Self::CLIENT_IP),
            "host" => return Ok(Self::Host),
            "method" => return Ok(Self::Method),
            "path" => return Ok(Self::Path),
            _ => {}
        }
        if let Some(lengths) = text.strip_prefix("client.ip/") {
            return client_ip(lengths).ok_or_else(|| wrong("client.ip/64 or client.ip/24,56"));
        }
        match text.split_once('.') {
            Some(("cookie", name)) if !name.is_empty() => Ok(Self::Cookie(name.to_owned())),
            Some(("header", name)) => name
                .parse()
                .map(Self::Header)
                .map_err(|_| wrong("header.NAME")),
            Some(("value", name)) if !name.is_empty() => Ok(Self::Value(name.to_owned())),
            _ => Err(wrong(
                "client.ip, cookie.NAME, header.NAME, host, method, path or value.NAME",
            )),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientIp { v4: 32, v6 } => write!(f, "client.ip/{v6}"),
            Self::ClientIp { v4, v6 } => write!(f, "client.ip/{v4},{v6}"),
            Self::Cookie(name) => write!(f, "cookie.{name}"),
            Self::Header(name) => write!(f, "header.{name}"),
            Self::Host => f.write_str("host"),
            Self::Method => f.write_str("method"),
            Self::Path => f.write_str("path"),
            Self::Value(name) => write!(f, "value.{name}"),
        }
    }
}

fn client_ip(lengths: &str) -> Option<Part> {
    let (v4, v6) = match lengths.split_once(',') {
        Some((v4, v6)) => (v4.trim().parse().ok()?, v6.trim().parse().ok()?),
        None => (32, lengths.parse().ok()?),
    };
    (v4 <= 32 && v6 <= 128).then_some(Part::ClientIp { v4, v6 })
}
