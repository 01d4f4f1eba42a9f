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

use super::{BalanceError, Upload, UploadBody};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

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
pub struct SendBody<B>(Form<B>);

#[derive(Debug)]
enum Form<B> {
    Kept(Kept),
    Streamed(UploadBody<B>),
}

/// Where the bodies of a request's attempts come from.
pub(super) enum Source<B> {
    Kept(Kept),
    Streamed(Upload<B>),
}

/// A whole body.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    bytes: Bytes,
    trailers: Option<HeaderMap>,
}

impl<B> Default for SendBody<B> {
    /// Makes a body without anything in it.
    fn default() -> Self {
        Self(Form::Kept(Kept::default()))
    }
}

impl<B> Source<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    /// Reads a body that says it is no longer than `max`; leaves others to be streamed.
    pub(super) async fn take(body: B, max: u64) -> Result<Self, BalanceError> {
        let short = body.size_hint().upper().is_some_and(|upper| upper <= max);
        if !short && !body.is_end_stream() {
            return Ok(Self::Streamed(Upload::new(body)));
        }
        // Whatever it says, no more than that is kept.
        let limit = usize::try_from(max).unwrap_or(usize::MAX);
        let collected = Limited::new(body, limit).collect().await;
        let collected = collected.map_err(|error| BalanceError::Body(Arc::from(error)))?;
        let trailers = collected.trailers().cloned();
        Ok(Self::Kept(Kept {
            bytes: collected.to_bytes(),
            trailers,
        }))
    }

    /// Returns the body for an attempt; nothing if some of it is gone.
    pub(super) fn lend(&self) -> Option<SendBody<B>> {
        Some(SendBody(match self {
            Self::Kept(kept) => Form::Kept(kept.clone()),
            Self::Streamed(upload) => Form::Streamed(upload.lend()?),
        }))
    }

    /// Says whether the body can be sent again.
    pub(super) fn is_whole(&self) -> bool {
        self.upload().is_none_or(Upload::is_whole)
    }

    /// Returns what is streamed, if it is.
    pub(super) fn upload(&self) -> Option<&Upload<B>> {
        match self {
            Self::Kept(_) => None,
            Self::Streamed(upload) => Some(upload),
        }
    }
}

impl<B> Body for SendBody<B>
where
    B: Body<Data = Bytes>,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match &mut self.0 {
            Form::Kept(kept) => Poll::Ready(kept.next().map(Ok)),
            Form::Streamed(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Form::Kept(kept) => kept.bytes.is_empty() && kept.trailers.is_none(),
            Form::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Form::Kept(kept) => SizeHint::with_exact(kept.bytes.len() as u64),
            Form::Streamed(body) => body.size_hint(),
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
