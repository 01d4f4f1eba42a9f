//! [`Facts`]: what is known of a request, borrowed from wherever it is.

use std::net::IpAddr;

use http::{HeaderMap, Method, Uri, header, request};

/// What rules can look at: the client's address, the request's head, and values of the caller's own.
///
/// Everything is optional: a DNS server gives an address and a name of its own, a worker only a
/// tenant.
///
/// ```
/// use eaves_ratelimit::key::Facts;
///
/// let (parts, ()) = http::Request::get("https://api.example/v1/items").body(()).unwrap().into_parts();
/// let user = [("tenant", "acme")];
/// let facts = Facts::of("198.51.100.7".parse().unwrap()).request(&parts).values(&user);
/// assert_eq!(facts.host(), Some("api.example"));
/// assert_eq!(facts.value("tenant"), Some("acme"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    client: Option<IpAddr>,
    method: Option<&'a Method>,
    uri: Option<&'a Uri>,
    headers: Option<&'a HeaderMap>,
    values: &'a [(&'a str, &'a str)],
}

impl<'a> Facts<'a> {
    /// Knows the client's address; see [`ClientAddress`](super::ClientAddress).
    #[must_use]
    pub fn of(client: IpAddr) -> Self {
        Self::default().sent_by(client)
    }

    /// Adds the client's address.
    #[must_use]
    pub fn sent_by(self, client: IpAddr) -> Self {
        Self {
            client: Some(client.to_canonical()),
            ..self
        }
    }

    /// Adds the head of a request.
    #[must_use]
    pub fn request(self, parts: &'a request::Parts) -> Self {
        self.head(&parts.method, &parts.uri, &parts.headers)
    }

    /// Adds the head of a request that is not in `Parts`.
    #[must_use]
    pub fn head(self, method: &'a Method, uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        Self {
            method: Some(method),
            uri: Some(uri),
            headers: Some(headers),
            ..self
        }
    }

    /// Adds values of the caller's own, by name: a tenant, a verified token's subject, a TLS
    /// fingerprint.
    #[must_use]
    pub fn values(self, values: &'a [(&'a str, &'a str)]) -> Self {
        Self { values, ..self }
    }

    /// Returns the client's address.
    #[must_use]
    pub const fn client(&self) -> Option<IpAddr> {
        self.client
    }

    /// Returns the method.
    #[must_use]
    pub const fn method(&self) -> Option<&'a Method> {
        self.method
    }

    /// Returns the path, without the query.
    #[must_use]
    pub fn path(&self) -> Option<&'a str> {
        self.uri.map(Uri::path)
    }

    /// Returns the host, without a port: of the target if it has one, else of `Host`.
    #[must_use]
    pub fn host(&self) -> Option<&'a str> {
        if let Some(host) = self.uri.and_then(Uri::host) {
            return Some(host);
        }
        let field = self.headers?.get(header::HOST)?.to_str().ok()?;
        let end = match field.rfind(']') {
            Some(bracket) => bracket + 1, // an IPv6 literal holds colons of its own
            None => field.find(':').unwrap_or(field.len()),
        };
        Some(&field[..end])
    }

    /// Returns the first value of a header field.
    #[must_use]
    pub fn header(&self, name: &header::HeaderName) -> Option<&'a [u8]> {
        self.headers?.get(name).map(header::HeaderValue::as_bytes)
    }

    /// Returns a cookie's value (RFC 6265 section 4.2.1), the first of that name.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&'a [u8]> {
        let fields = self.headers?.get_all(header::COOKIE).into_iter();
        let mut pairs = fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b';'));
        pairs.find_map(|pair| {
            pair.trim_ascii()
                .strip_prefix(name.as_bytes())?
                .strip_prefix(b"=")
        })
    }

    /// Returns a value of the caller's own.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a str> {
        self.values
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    }
}
