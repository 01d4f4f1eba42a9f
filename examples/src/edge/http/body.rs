//! The one body type that the edge's services hand to hyper.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Empty, Full, combinators::UnsyncBoxBody};

/// What a body may fail with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body of any origin: a cached block, a stream from upstream, a short text.
pub type Body = UnsyncBoxBody<Bytes, BoxError>;

/// Boxes a body of another type.
pub fn boxed<B>(body: B) -> Body
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    body.map_err(Into::into).boxed_unsync()
}

/// Makes a body without bytes.
#[must_use]
pub fn empty() -> Body {
    boxed(Empty::new())
}

/// Makes a plain-text answer.
pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(boxed(Full::new(text.into())));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}
