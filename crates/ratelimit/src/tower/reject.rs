//! [`Reject`]: what a denied request is told.

use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};

use crate::Decision;

/// Makes the answer to a denied request.
///
/// Any function of a [`Denied`] will do. What it leaves out, the layer adds: the `RateLimit` fields
/// and `Retry-After` are written after it, so that no answer loses them.
///
/// ```
/// use eaves_ratelimit::tower::{Denied, Reject};
/// use http::Response;
///
/// fn as_json(denied: &Denied<'_>) -> Response<String> {
///     let rule = denied.decision.rule().unwrap_or_default();
///     let mut response = Response::new(format!(r#"{{"violated":"{rule}"}}"#));
///     *response.status_mut() = denied.status();
///     response
/// }
/// # fn reject<B, R: Reject<B>>(_: R) {}
/// # reject(as_json);
/// ```
pub trait Reject<B> {
    /// Makes the answer.
    fn reject(&self, denied: &Denied<'_>) -> Response<B>;
}

impl<B, F: Fn(&Denied<'_>) -> Response<B>> Reject<B> for F {
    fn reject(&self, denied: &Denied<'_>) -> Response<B> {
        self(denied)
    }
}

/// A request that was denied, and why.
///
/// ```
/// # use eaves_ratelimit::tower::Denied;
/// fn log(denied: &Denied<'_>) -> String {
///     format!("{} {:?}", denied.status(), denied.decision.rule())
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Denied<'a> {
    /// The decision.
    pub decision: &'a Decision<'a>,
    /// Whether it was a gRPC call, by its content type.
    pub is_grpc: bool,
}

impl Denied<'_> {
    /// Returns the status of an HTTP answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self.decision.status() {
            Some(status) => status,
            None => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

/// An empty answer: of status 429, 400 or 403; to a gRPC call 200 with `grpc-status` in its head
/// ("Trailers-Only"), `RESOURCE_EXHAUSTED` unless blocked or without a key.
///
/// ```
/// use eaves_ratelimit::tower::{Reject, Standard};
///
/// fn rejects<B>(_: impl Reject<B>) {}
/// rejects::<String>(Standard);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standard;

impl<B: Default> Reject<B> for Standard {
    fn reject(&self, denied: &Denied<'_>) -> Response<B> {
        let mut response = Response::new(B::default());
        match denied.decision.grpc_code() {
            Some(code) if denied.is_grpc => {
                let headers = response.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
                headers.insert("grpc-status", HeaderValue::from(u16::from(code)));
                headers.insert("grpc-message", HeaderValue::from_static("rate limited"));
            }
            _ => *response.status_mut() = denied.status(),
        }
        response
    }
}
