//! [`SendBody`]: a request's body, kept for another attempt or streamed once.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Limited};
use pin_project_lite::pin_project;

use super::BalanceError;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

pin_project! {
    /// A request's body as the inner service gets it: kept, so that it can be sent again, or
    /// streamed from the client.
    ///
    /// ```
    /// use eaves_health::tower::SendBody;
    /// use http_body::Body as _;
    ///
    /// let body: SendBody<http_body_util::Full<bytes::Bytes>> = SendBody::default();
    /// assert!(body.is_end_stream());
    /// ```
    #[derive(Debug)]
    pub struct SendBody<B> {
        #[pin]
        form: Form<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = FormProjection]
    enum Form<B> {
        Kept { kept: Kept },
        Streamed { #[pin] body: B },
    }
}

/// A whole body.
#[derive(Clone, Debug, Default)]
struct Kept {
    bytes: Bytes,
    trailers: Option<HeaderMap>,
}

impl<B> Default for SendBody<B> {
    /// Makes a body without anything in it.
    fn default() -> Self {
        let kept = Kept::default();
        Self {
            form: Form::Kept { kept },
        }
    }
}

impl<B> SendBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    /// Reads a body that says it is no longer than `max`; leaves others to be streamed.
    pub(super) async fn take(body: B, max: u64) -> Result<Self, BalanceError> {
        let short = body.size_hint().upper().is_some_and(|upper| upper <= max);
        if !short && !body.is_end_stream() {
            return Ok(Self {
                form: Form::Streamed { body },
            });
        }
        // Whatever it says, no more than that is kept.
        let limit = usize::try_from(max).unwrap_or(usize::MAX);
        let collected = Limited::new(body, limit).collect().await;
        let collected = collected.map_err(|error| BalanceError::Body(Arc::from(error)))?;
        let trailers = collected.trailers().cloned();
        let kept = Kept {
            bytes: collected.to_bytes(),
            trailers,
        };
        Ok(Self {
            form: Form::Kept { kept },
        })
    }

    /// Says whether it can be sent again.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self.form, Form::Kept { .. })
    }

    /// Takes it for an attempt: a kept one stays for the next.
    pub(super) fn lend(&mut self) -> Self {
        if let Form::Kept { kept } = &self.form {
            let kept = kept.clone();
            return Self {
                form: Form::Kept { kept },
            };
        }
        std::mem::take(self)
    }
}

impl<B> Body for SendBody<B>
where
    B: Body<Data = Bytes>,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().form.project() {
            FormProjection::Kept { kept } => Poll::Ready(kept.next().map(Ok)),
            FormProjection::Streamed { body } => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.form {
            Form::Kept { kept } => kept.bytes.is_empty() && kept.trailers.is_none(),
            Form::Streamed { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.form {
            Form::Kept { kept } => SizeHint::with_exact(kept.bytes.len() as u64),
            Form::Streamed { body } => body.size_hint(),
        }
    }
}

impl Kept {
    fn next(&mut self) -> Option<Frame<Bytes>> {
        if !self.bytes.is_empty() {
            return Some(Frame::data(std::mem::take(&mut self.bytes)));
        }
        self.trailers.take().map(Frame::trailers)
    }
}
