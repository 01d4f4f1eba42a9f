//! Where a request goes: told to the inner service before, and to the caller afterwards.

use std::net::SocketAddr;

use http::{
    HeaderValue, Uri, Version,
    header::HOST,
    request,
    uri::{Authority, Scheme},
};

use super::Place;
use crate::{Guard, OriginId, retry::Cause};

/// The origin that was picked for a request, in its extensions.
///
/// ```
/// use eaves_health::tower::Picked;
/// use http::Request;
///
/// fn address(request: &Request<()>) -> Option<std::net::SocketAddr> {
///     Some(request.extensions().get::<Picked>()?.addr)
/// }
/// # assert!(address(&Request::new(())).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Picked {
    /// Which origin.
    pub id: OriginId,
    /// Its address.
    pub addr: SocketAddr,
}

/// Who answered and after how many attempts, in the answer's extensions.
///
/// ```
/// use eaves_health::tower::Served;
/// use http::Response;
///
/// fn was_retried(response: &Response<()>) -> bool {
///     response.extensions().get::<Served>().is_some_and(|served| served.attempts > 1)
/// }
/// # assert!(!was_retried(&Response::new(())));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served {
    /// Who answered.
    pub by: Picked,
    /// Attempts that were made, that of the answer included.
    pub attempts: u16,
    /// Why the one that was answered was made; nothing for the first.
    pub because: Option<Cause>,
}

/// What a request is picked for, in its extensions: with an algorithm that uses keys, the same key
/// goes to the same origin.
///
/// ```
/// use eaves_health::tower::Key;
/// use http::Request;
///
/// let request = Request::builder().extension(Key(0x5eed)).body(()).unwrap();
/// assert_eq!(request.extensions().get(), Some(&Key(0x5eed)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(
    /// A hash of whatever should stay together.
    pub u64,
);

impl Picked {
    pub(super) fn of(guard: &Guard<'_>) -> Self {
        Self {
            id: guard.id(),
            addr: guard.addr(),
        }
    }

    /// Addresses a request to the origin.
    pub(super) fn address(self, parts: &mut request::Parts, place: Place) {
        parts.extensions.insert(self);
        if place == Place::Extension || parts.uri.path_and_query().is_none() {
            return;
        }
        // An HTTP/1.0 client's version would have the origin close a connection that the next request is sent on.
        parts.version = Version::HTTP_11;
        let uri = std::mem::take(&mut parts.uri).into_parts();
        let asked = uri.authority.as_ref().map(Authority::as_str);
        if let Some(host) = asked.and_then(|asked| HeaderValue::from_str(asked).ok()) {
            parts.headers.entry(HOST).or_insert(host);
        }
        let mut to = http::uri::Parts::default();
        to.scheme = Some(uri.scheme.unwrap_or(Scheme::HTTP));
        to.authority = self.addr.to_string().parse().ok();
        to.path_and_query = uri.path_and_query;
        parts.uri = Uri::from_parts(to).expect("an address is an authority, and there is a path");
    }
}
