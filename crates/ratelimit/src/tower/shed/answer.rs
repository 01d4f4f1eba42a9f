//! [`Dismiss`]: what a request that is shed is told.

use http::{HeaderValue, Response, StatusCode};

use crate::{shed::Shed, tower::Busy};

/// Makes the answer to a request that was shed. Any function of a [`Shed`] will do.
///
/// Unless the answer brings its own, the layer adds `Retry-After: 1`.
///
/// ```
/// use eaves_ratelimit::{shed::Shed, tower::Dismiss};
/// use http::Response;
///
/// fn dismisses(_: impl Dismiss<String>) {}
/// dismisses(|shed: &Shed<()>| Response::new(format!("sorry: {}", shed.reason)));
/// ```
pub trait Dismiss<B> {
    /// Makes the answer.
    fn dismiss(&self, shed: &Shed<()>) -> Response<B>;
}

impl<B, F: Fn(&Shed<()>) -> Response<B>> Dismiss<B> for F {
    fn dismiss(&self, shed: &Shed<()>) -> Response<B> {
        self(shed)
    }
}

impl<B: Default> Dismiss<B> for Busy {
    fn dismiss(&self, _: &Shed<()>) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response
    }
}

/// The answer with what it must carry.
pub(super) fn answer<B>(dismiss: &impl Dismiss<B>, shed: &Shed<()>) -> Response<B> {
    let mut response = dismiss.dismiss(shed);
    let headers = response.headers_mut();
    headers
        .entry(http::header::RETRY_AFTER)
        .or_insert(HeaderValue::from_static("1"));
    response
}
