//! [`ResponseFuture`]: ready for hits, boxed for everything else.

use core::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::Response;

use super::CacheBody;

/// The future of a [`CacheService`](super::CacheService).
///
/// # Cancel safety
/// May be dropped at any time: one who waited leaves the queue, one who led passes the lead on, and a request to the
/// origin that nobody else waits for is given up.
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<B, E> {
    kind: Kind<B, E>,
}

type Answer<B, E> = Result<Response<CacheBody<B>>, E>;

enum Kind<B, E> {
    Ready(Option<Box<Response<CacheBody<B>>>>),
    Boxed(Pin<Box<dyn Future<Output = Answer<B, E>> + Send>>),
}

impl<B, E> ResponseFuture<B, E> {
    pub(super) fn ready(response: Response<CacheBody<B>>) -> Self {
        Self {
            kind: Kind::Ready(Some(Box::new(response))),
        }
    }

    pub(super) fn boxed(future: impl Future<Output = Answer<B, E>> + Send + 'static) -> Self {
        Self {
            kind: Kind::Boxed(Box::pin(future)),
        }
    }
}

impl<B, E> Future for ResponseFuture<B, E> {
    type Output = Answer<B, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer<B, E>> {
        match &mut self.kind {
            Kind::Ready(response) => {
                let response = response
                    .take()
                    .expect("a future is not polled after it was ready");
                Poll::Ready(Ok(*response))
            }
            Kind::Boxed(future) => future.as_mut().poll(cx),
        }
    }
}

// The response is boxed and never pinned in place.
impl<B, E> Unpin for ResponseFuture<B, E> {}

impl<B, E> fmt::Debug for ResponseFuture<B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.kind {
            Kind::Ready(_) => "ResponseFuture::Ready",
            Kind::Boxed(_) => "ResponseFuture::Boxed",
        })
    }
}
