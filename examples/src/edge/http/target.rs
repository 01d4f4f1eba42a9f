//! Where a request wants to go: one absolute URI, or a clear refusal.

use http::{
    HeaderMap, Method, Request, Response, StatusCode, Uri, Version,
    header::{HOST, MAX_FORWARDS},
    uri::{Authority, Scheme},
};

use super::{Body, empty, text};

/// Why a request is answered before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `Host` is missing, repeated or no authority (RFC 9112 section 3.2).
    Host,
    /// `CONNECT` asks for a tunnel.
    Tunnel,
    /// `Max-Forwards` is used up (RFC 9110 section 7.6.2), or the request is `OPTIONS *`.
    LastHop,
}

impl Refusal {
    /// The answer for the client.
    #[must_use]
    pub fn response(self) -> Response<Body> {
        match self {
            Self::Host => text(
                StatusCode::BAD_REQUEST,
                "a request needs exactly one Host field that names a host\n",
            ),
            Self::Tunnel => text(
                StatusCode::NOT_IMPLEMENTED,
                "this is a reverse proxy: it opens no tunnels\n",
            ),
            Self::LastHop => {
                let mut response = Response::new(empty());
                *response.status_mut() = StatusCode::NO_CONTENT;
                response
            }
        }
    }
}

/// Makes the request's URI absolute, from its target and its `Host`.
///
/// # Errors
///
/// Returns why the request must be answered here: it names no host, or asks for what a reverse
/// proxy does not forward.
pub fn absolute<B>(request: &mut Request<B>) -> Result<(), Refusal> {
    if request.method() == Method::CONNECT {
        return Err(Refusal::Tunnel);
    }
    count_hop(request)?;
    let host = host(request)?;
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(Scheme::HTTP);
    // In absolute form the target's own authority counts, and Host is ignored (RFC 9112 3.2.2).
    parts.authority = parts.authority.or(Some(host));
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| Refusal::LastHop)?;
    Ok(())
}

fn host<B>(request: &Request<B>) -> Result<Authority, Refusal> {
    let mut lines = request.headers().get_all(HOST).iter();
    let host = match (lines.next(), lines.next()) {
        (Some(line), None) => Authority::try_from(line.as_bytes()).map_err(|_| Refusal::Host)?,
        (None, _) if request.version() < Version::HTTP_11 => {
            request.uri().authority().cloned().ok_or(Refusal::Host)?
        }
        _ => return Err(Refusal::Host),
    };
    let names_user = host.as_str().contains('@');
    if names_user || host.host().is_empty() {
        return Err(Refusal::Host);
    }
    Ok(host)
}

/// Takes one from `Max-Forwards` where it counts.
fn count_hop<B>(request: &mut Request<B>) -> Result<(), Refusal> {
    if !matches!(*request.method(), Method::OPTIONS | Method::TRACE) {
        return Ok(());
    }
    match max_forwards(request.headers()) {
        Some(0) => return Err(Refusal::LastHop),
        Some(left) => {
            let left = (left - 1).into();
            request.headers_mut().insert(MAX_FORWARDS, left);
        }
        None => {}
    }
    if request.uri().path() == "*" {
        return Err(Refusal::LastHop);
    }
    Ok(())
}

fn max_forwards(headers: &HeaderMap) -> Option<u64> {
    headers.get(MAX_FORWARDS)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn host_and_target_become_one_uri() {
        for (target, host, expected) in [
            ("/a?b", "example.test", "http://example.test/a?b"),
            ("/a", "example.test:81", "http://example.test:81/a"),
            ("http://other.test/a", "example.test", "http://other.test/a"),
            ("/", "[::1]:80", "http://[::1]:80/"),
        ] {
            let mut request = request("GET", target, &[("host", host)]);
            absolute(&mut request).unwrap();
            assert_eq!(request.uri().to_string(), expected);
        }
    }

    #[test]
    fn a_request_without_one_good_host_is_refused() {
        for hosts in [
            &[][..],
            &[("host", "a.test"), ("host", "b.test")],
            &[("host", "a b")],
            &[("host", "user@a.test")],
            &[("host", "")],
        ] {
            let mut request = request("GET", "/", hosts);
            assert_eq!(absolute(&mut request), Err(Refusal::Host), "{hosts:?}");
        }
    }

    #[test]
    fn tunnels_and_last_hops_are_answered_here() {
        let host = ("host", "a.test");
        let mut connect = request("CONNECT", "a.test:443", &[host]);
        assert_eq!(absolute(&mut connect), Err(Refusal::Tunnel));
        let mut last = request("OPTIONS", "/", &[host, ("max-forwards", "0")]);
        assert_eq!(absolute(&mut last), Err(Refusal::LastHop));
        let mut star = request("OPTIONS", "*", &[host]);
        assert_eq!(absolute(&mut star), Err(Refusal::LastHop));
        let mut next = request("TRACE", "/", &[host, ("max-forwards", "3")]);
        absolute(&mut next).unwrap();
        assert_eq!(next.headers()["max-forwards"], "2");
    }
}
