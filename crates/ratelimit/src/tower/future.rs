//! [`ResponseFuture`]: the inner service's answer, or the limiter's.

use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, Response};
use pin_project_lite::pin_project;

use crate::Hold;

pin_project! {
    /// The future of a [`RateLimit`](super::RateLimit): ready at once for a denied request.
    ///
    /// # Cancel safety
    ///
    /// A request whose future is dropped stays counted, but no longer as under way.
    ///
    /// ```
    /// use eaves_ratelimit::tower::ResponseFuture;
    ///
    /// type Answer = ResponseFuture<std::future::Pending<Result<http::Response<()>, ()>>, ()>;
    /// # fn future(_: Option<Answer>) {}
    /// ```
    #[derive(Debug)]
    pub struct ResponseFuture<F, D> {
        #[pin]
        kind: Kind<F, D>,
    }
}

pin_project! {
    #[project = KindProjection]
    #[derive(Debug)]
    enum Kind<F, D> {
        Passing {
            #[pin]
            inner: F,
            fields: HeaderMap,
            hold: Option<Hold>,
        },
        Rejected {
            response: Option<Response<D>>,
        },
    }
}

impl<F, D> ResponseFuture<F, D> {
    pub(super) const fn passing(inner: F, fields: HeaderMap, hold: Hold) -> Self {
        let hold = Some(hold);
        Self {
            kind: Kind::Passing {
                inner,
                fields,
                hold,
            },
        }
    }

    pub(super) const fn rejected(response: Response<D>) -> Self {
        Self {
            kind: Kind::Rejected {
                response: Some(response),
            },
        }
    }
}

impl<F, D, E> Future for ResponseFuture<F, D>
where
    F: Future<Output = Result<Response<D>, E>>,
{
    type Output = Result<Response<D>, E>;

    /// # Panics
    ///
    /// If it is polled after it was ready.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProjection::Passing {
                inner,
                fields,
                hold,
            } => {
                let result = ready!(inner.poll(cx));
                drop(hold.take());
                let mut response = result?;
                response.headers_mut().extend(mem::take(fields));
                Poll::Ready(Ok(response))
            }
            KindProjection::Rejected { response } => {
                Poll::Ready(Ok(response.take().expect("polled after it was ready")))
            }
        }
    }
}
