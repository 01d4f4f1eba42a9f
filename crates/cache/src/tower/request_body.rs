//! [`RequestBody`]: what the inner service gets to send.

use core::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The client's body, or none when the cache asks on its own behalf.
    ///
    /// ```
    /// use eaves_cache::tower::RequestBody;
    /// use http_body::Body;
    ///
    /// assert!(RequestBody::<String>::empty().is_end_stream());
    /// assert_eq!(RequestBody::from("abc".to_owned()).size_hint().exact(), Some(3));
    /// ```
    #[derive(Debug)]
    pub struct RequestBody<B> {
        #[pin]
        inner: Option<B>,
    }
}

impl<B> RequestBody<B> {
    /// Makes a body without bytes.
    #[must_use]
    pub const fn empty() -> Self {
        Self { inner: None }
    }
}

impl<B> From<B> for RequestBody<B> {
    fn from(body: B) -> Self {
        Self { inner: Some(body) }
    }
}

impl<B: Body> Body for RequestBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        match self.project().inner.as_pin_mut() {
            Some(body) => body.poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
