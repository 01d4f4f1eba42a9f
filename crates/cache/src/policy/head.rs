//! [`RequestHead`], [`ResponseHead`] and [`Times`]: what decisions are made of.

use eaves_common::time::Now;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, request, response};

/// The head of a request, borrowed.
///
/// ```
/// use eaves_cache::policy::RequestHead;
///
/// let request = http::Request::new(());
/// assert_eq!(RequestHead::from(&request).method, http::Method::GET);
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a request head has these parts")]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a Method,
    /// The target; in absolute form, or completed by Host.
    pub uri: &'a Uri,
    /// The header fields.
    pub headers: &'a HeaderMap,
}

impl<'a, B> From<&'a Request<B>> for RequestHead<'a> {
    fn from(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
        }
    }
}

impl<'a> From<&'a request::Parts> for RequestHead<'a> {
    fn from(parts: &'a request::Parts) -> Self {
        Self {
            method: &parts.method,
            uri: &parts.uri,
            headers: &parts.headers,
        }
    }
}

/// The head of a response, borrowed.
///
/// ```
/// use eaves_cache::policy::ResponseHead;
///
/// let response = http::Response::new(());
/// assert_eq!(ResponseHead::from(&response).status, http::StatusCode::OK);
/// ```
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a response head has these parts")]
pub struct ResponseHead<'a> {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: &'a HeaderMap,
}

impl<'a, B> From<&'a Response<B>> for ResponseHead<'a> {
    fn from(response: &'a Response<B>) -> Self {
        Self {
            status: response.status(),
            headers: response.headers(),
        }
    }
}

impl<'a> From<&'a response::Parts> for ResponseHead<'a> {
    fn from(parts: &'a response::Parts) -> Self {
        Self {
            status: parts.status,
            headers: &parts.headers,
        }
    }
}

/// When a request was sent and when the head of its response arrived (RFC 9111 section 4.2.3).
///
/// ```
/// use eaves_cache::policy::Times;
/// use eaves_common::time::Now;
///
/// let at_once = Times::at(Now::default());
/// assert_eq!(at_once.request, at_once.response);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the RFC's two times")]
pub struct Times {
    /// When the request was sent.
    pub request: Now,
    /// When the head of the response arrived.
    pub response: Now,
}

impl Times {
    /// Both times are `now`.
    #[must_use]
    pub const fn at(now: Now) -> Self {
        Self {
            request: now,
            response: now,
        }
    }
}
