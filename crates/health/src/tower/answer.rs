//! [`AnswerBody`]: an answer's body, which counts as load until it has ended.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::{Answered, Failure};

pin_project! {
    /// An answer's body as its origin sends it. Until it has ended or is dropped the request counts as load
    /// of its origin, and if it breaks off the monitor hears of that.
    ///
    /// ```
    /// use eaves_health::tower::AnswerBody;
    ///
    /// fn text(body: AnswerBody<String>) -> String {
    ///     body.into_inner() // whoever takes it out says by that that the request has ended
    /// }
    /// ```
    #[derive(Debug)]
    pub struct AnswerBody<B> {
        #[pin]
        inner: B,
        answered: Option<Answered<'static>>,
    }
}

impl<B> AnswerBody<B> {
    pub(super) fn new(inner: B, answered: Answered<'static>) -> Self {
        Self {
            inner,
            answered: Some(answered),
        }
    }

    /// Takes out what the inner service answered with; the request counts as ended.
    pub fn into_inner(self) -> B {
        self.inner
    }
}

impl<B: Body> Body for AnswerBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let polled = this.inner.as_mut().poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Err(_))) => {
                let answered = this.answered.take();
                answered
                    .into_iter()
                    .for_each(|answered| answered.broken(Failure::Protocol));
            }
            Poll::Ready(None) => *this.answered = None,
            // Whoever reads by length does not ask for more than there is.
            Poll::Ready(Some(Ok(_))) if this.inner.is_end_stream() => *this.answered = None,
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
