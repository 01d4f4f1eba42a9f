//! [`Key`]: what a stored response is found by.

use core::fmt;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Uri,
    header::HOST,
    uri::{Authority, Scheme},
};

use super::{Digest, KeyRules, normal};
use crate::policy::{RequestHead, VaryOn};

/// The name of a stored response: its normalised URI, and for a variant the values that select it.
///
/// ```
/// use eaves_cache::key::Key;
/// use http::Request;
///
/// let request = Request::get("HTTP://A.Example:80/%7ea/../b?q=%2f").body(()).unwrap();
/// let key = Key::of((&request).into()).unwrap();
/// assert_eq!(key.to_string(), "http://a.example/b?q=%2F");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Bytes);

/// Why a request has no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Neither the target nor Host names an authority.
    #[error("request names no host")]
    NoHost,
    /// Host is not an authority, or stands there more than once.
    #[error("request has an invalid host field")]
    BadHost,
}

impl From<KeyError> for eaves_common::Error {
    fn from(error: KeyError) -> Self {
        Self::with_source(
            eaves_common::ErrorKind::Invalid,
            "building a cache key",
            error,
        )
    }
}

impl Key {
    /// Makes the key of a request. A target without a scheme is `http`; without an authority, Host gives it.
    ///
    /// # Errors
    /// If no authority can be found, or Host is not one.
    pub fn of(request: RequestHead<'_>) -> Result<Self, KeyError> {
        Self::under(&KeyRules::default(), request)
    }

    pub(super) fn under(rules: &KeyRules, request: RequestHead<'_>) -> Result<Self, KeyError> {
        let scheme = request.uri.scheme().unwrap_or(&Scheme::HTTP);
        match request.uri.authority() {
            Some(authority) => Ok(Self::build(rules, scheme, authority, request.uri)),
            None => Ok(Self::build(
                rules,
                scheme,
                &host(request.headers)?,
                request.uri,
            )),
        }
    }

    /// Makes the key of an absolute URI.
    ///
    /// # Errors
    /// If the URI has no authority.
    pub fn of_uri(uri: &Uri) -> Result<Self, KeyError> {
        Self::of_uri_under(&KeyRules::default(), uri)
    }

    pub(super) fn of_uri_under(rules: &KeyRules, uri: &Uri) -> Result<Self, KeyError> {
        let authority = uri.authority().ok_or(KeyError::NoHost)?;
        Ok(Self::build(
            rules,
            uri.scheme().unwrap_or(&Scheme::HTTP),
            authority,
            uri,
        ))
    }

    /// The key of the same URI without its query.
    #[cfg(feature = "tower")]
    pub(crate) fn without_query(&self) -> Self {
        let end = self.0.iter().position(|&byte| byte == b'?');
        Self(self.0.slice(..end.unwrap_or(self.0.len())))
    }

    /// Returns a short name of the key, the same in every process and version.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }

    /// The key whose bytes were stored.
    pub(crate) fn from_stored(bytes: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(bytes))
    }

    /// Returns the bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key of the variant that a request selects; `aside` is what selects beside the fields that Vary names.
    pub(crate) fn variant(
        &self,
        set: u64,
        on: &VaryOn,
        request: &HeaderMap,
        aside: impl FnOnce(&mut Vec<u8>),
    ) -> Self {
        let mut bytes = Vec::with_capacity(self.0.len() + 64);
        bytes.extend_from_slice(&self.0);
        // No URI holds a space, so that no other URL's key can look like this one.
        bytes.extend_from_slice(b" ");
        bytes.extend_from_slice(&set.to_be_bytes());
        aside(&mut bytes);
        for name in on.names() {
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(b' ');
        }
        on.write_selection(request, &mut bytes);
        Self(Bytes::from(bytes))
    }

    /// What follows the URI in the key of a variant.
    pub(crate) fn behind(&self, primary: &Self) -> &[u8] {
        self.0.strip_prefix(&*primary.0).unwrap_or_default()
    }

    /// The key of a variant, from what follows the URI in it.
    #[cfg(feature = "tower")]
    pub(crate) fn with(&self, rest: &[u8]) -> Self {
        Self(Bytes::from([&self.0, rest].concat()))
    }

    /// The key of a part of the response that this is the key of.
    pub(crate) fn piece(&self, set: u64, start: u64) -> Self {
        let mut bytes = Vec::with_capacity(self.0.len() + 17);
        bytes.extend_from_slice(&self.0);
        // Neither a URI nor a field's value holds this byte.
        bytes.push(PIECE);
        bytes.extend_from_slice(&set.to_be_bytes());
        bytes.extend_from_slice(&start.to_be_bytes());
        Self(Bytes::from(bytes))
    }

    fn build(rules: &KeyRules, scheme: &Scheme, authority: &Authority, uri: &Uri) -> Self {
        let path = uri.path();
        let query = uri.query();
        let room = scheme.as_str().len()
            + authority.as_str().len()
            + path.len()
            + query.map_or(0, str::len)
            + 5;
        let mut bytes = Vec::with_capacity(room);
        bytes.extend_from_slice(scheme.as_str().as_bytes());
        bytes.extend_from_slice(b"://");
        normal::write_authority(scheme, authority, &mut bytes);
        normal::write_path(path.as_bytes(), &mut bytes);
        if let Some(query) = query.filter(|_| rules.keeps_query()) {
            rules.write_query(query, &mut bytes);
        }
        Self(Bytes::from(bytes))
    }
}

/// What stands between the key of a response and that of a part of it.
const PIECE: u8 = 1;

fn host(headers: &HeaderMap) -> Result<Authority, KeyError> {
    let mut lines = headers.get_all(HOST).iter();
    match (lines.next(), lines.next()) {
        (Some(host), None) => {
            Authority::try_from(HeaderValue::as_bytes(host)).map_err(|_| KeyError::BadHost)
        }
        (None, _) => Err(KeyError::NoHost),
        (Some(_), Some(_)) => Err(KeyError::BadHost),
    }
}

impl fmt::Display for Key {
    /// Writes the URI, and a mark behind it if this is the key of a variant or a part.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.iter().position(|&b| matches!(b, b' ' | PIECE));
        f.write_str(&String::from_utf8_lossy(
            &self.0[..end.unwrap_or(self.0.len())],
        ))?;
        f.write_str(match end.map(|at| self.0[at]) {
            None => "",
            Some(PIECE) => " (part)",
            Some(_) => " (variant)",
        })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_one_and_ports_are_told_unless_they_are_the_schemes_own() {
        for (uri, expected) in [
            ("http://A.example:80/x", "http://a.example/x"),
            ("http://a.example:443/x", "http://a.example:443/x"),
            ("https://a.example:443/x", "https://a.example/x"),
            ("https://a.example:80/x", "https://a.example:80/x"),
            ("https://user@a.example/x", "https://a.example/x"),
        ] {
            assert_eq!(
                Key::of_uri(&uri.parse().unwrap()).unwrap().to_string(),
                expected
            );
        }
        for (hosts, expected) in [
            (&["a.example"][..], Ok("http://a.example/x")),
            (&["a.example", "a.example"], Err(KeyError::BadHost)),
            (&["a.example", "b.example"], Err(KeyError::BadHost)),
            (&["a b"], Err(KeyError::BadHost)),
            (&[], Err(KeyError::NoHost)),
        ] {
            let mut request = http::Request::get("/x");
            for host in hosts {
                request = request.header(HOST, *host);
            }
            let key = Key::of((&request.body(()).unwrap()).into());
            assert_eq!(
                key.map(|key| key.to_string()),
                expected.map(str::to_owned),
                "{hosts:?}"
            );
        }
    }
}
