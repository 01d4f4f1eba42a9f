//! Which stored responses an unsafe request makes unusable (RFC 9111 section 4.4).

use http::{
    HeaderValue, Method, Uri,
    header::{CONTENT_LOCATION, LOCATION},
};

use super::{RequestHead, ResponseHead};

/// What an answer invalidates: the target URI, and same-origin URIs that it names.
///
/// ```
/// use eaves_cache::policy::Invalidation;
/// use http::{Request, Response, header::LOCATION};
///
/// let request = Request::post("http://a.example/list").body(()).unwrap();
/// let response = Response::builder().status(201).header(LOCATION, "/list/7").body(()).unwrap();
/// let named = Invalidation::of((&request).into(), (&response).into()).unwrap();
/// assert_eq!(named.locations().collect::<Vec<_>>(), ["/list/7"]);
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Invalidation<'a> {
    response: ResponseHead<'a>,
}

impl<'a> Invalidation<'a> {
    /// Returns what an answer invalidates, or `None` if the method is safe or the answer an error.
    ///
    /// A method this crate does not know counts as unsafe.
    pub fn of(request: RequestHead<'_>, response: ResponseHead<'a>) -> Option<Self> {
        let safe = matches!(
            *request.method,
            Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
        );
        let error = response.status.is_client_error() || response.status.as_u16() >= 500;
        (!safe && !error).then_some(Self { response })
    }

    /// Iterates over Location and Content-Location as they stand in the answer; only those of the same origin
    /// as the target may be invalidated.
    pub fn locations(&self) -> impl Iterator<Item = &'a str> {
        let headers = self.response.headers;
        [LOCATION, CONTENT_LOCATION]
            .into_iter()
            .filter_map(move |name| headers.get(name))
            .filter_map(|value: &HeaderValue| value.to_str().ok())
    }
}

/// Resolves a reference against the target of a request, for URIs of the same origin.
///
/// ```
/// use eaves_cache::policy::SameOrigin;
///
/// let target = "http://a.example/list?page=1".parse().unwrap();
/// let uri = SameOrigin(&target).resolve("7").unwrap();
/// assert_eq!(uri.to_string(), "http://a.example/7");
/// assert!(SameOrigin(&target).resolve("http://b.example/").is_none());
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a plain wrapper")]
pub struct SameOrigin<'a>(
    /// The target, in absolute form.
    pub &'a Uri,
);

impl SameOrigin<'_> {
    /// Returns the absolute URI a reference means, if it has the same origin (RFC 3986 section 5.2, RFC 9110 section 4.3.1).
    #[must_use]
    pub fn resolve(self, reference: &str) -> Option<Uri> {
        let reference = reference.split('#').next().unwrap_or_default();
        let (scheme, authority) = (self.0.scheme_str()?, self.0.authority()?.as_str());
        let absolute = if has_scheme(reference) {
            reference.parse().ok()?
        } else if reference.starts_with("//") {
            format!("{scheme}:{reference}").parse().ok()?
        } else {
            let path = self.merged(reference);
            format!("{scheme}://{authority}{path}").parse().ok()?
        };
        same_origin(self.0, &absolute).then_some(absolute)
    }

    fn merged(self, reference: &str) -> String {
        let path = self.0.path();
        match reference.as_bytes().first() {
            None => self
                .0
                .path_and_query()
                .map_or_else(String::new, ToString::to_string),
            Some(b'/') => reference.to_owned(),
            Some(b'?') => format!("{path}{reference}"),
            Some(_) => {
                let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
                format!("{folder}{reference}")
            }
        }
    }
}

/// Says whether a reference begins with a scheme: in a query or a path a colon is no more than that (RFC 3986 section 4.2).
fn has_scheme(reference: &str) -> bool {
    let end = reference.find([':', '/', '?']);
    end.is_some_and(|at| reference.as_bytes()[at] == b':')
}

fn same_origin(one: &Uri, other: &Uri) -> bool {
    let port = |uri: &Uri| {
        uri.port_u16().or(match uri.scheme_str()? {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        })
    };
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    one.scheme() == other.scheme() && host(one) == host(other) && port(one) == port(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_within_their_origin() {
        let target: Uri = "http://a.example:80/list/x?page=1".parse().unwrap();
        for (reference, expected) in [
            ("7", Some("/list/7")),
            ("/7?a#b", Some("/7?a")),
            ("?page=2", Some("/list/x?page=2")),
            ("", Some("/list/x?page=1")),
            ("//A.example/7", Some("/7")),
            ("HTTP://a.example/7", Some("/7")),
            (
                "/next?to=http://b.example/",
                Some("/next?to=http://b.example/"),
            ),
            (
                "next/http://b.example/",
                Some("/list/next/http://b.example/"),
            ),
            (
                "?to=http://b.example/",
                Some("/list/x?to=http://b.example/"),
            ),
            ("https://a.example/7", None),
            ("http://a.example:81/7", None),
            ("http://b.example/7", None),
            ("//b.example/7", None),
            ("mailto:a@a.example", None),
            ("urn:7", None),
            ("http:", None),
        ] {
            let resolved = SameOrigin(&target).resolve(reference);
            let path = resolved.as_ref().and_then(Uri::path_and_query);
            let path = path.map(http::uri::PathAndQuery::as_str);
            assert_eq!(path, expected, "{reference}");
        }
    }
}
