//! [`Source`]: an origin's body with its types erased, as a fill pulls it.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame};
use pin_project_lite::pin_project;

use super::BodyError;

/// A body that yields [`Bytes`].
pub(super) type Source = Pin<Box<dyn Body<Data = Bytes, Error = BodyError> + Send>>;

/// Anything that can be an error's source.
pub(super) type BoxError = Box<dyn core::error::Error + Send + Sync>;

pin_project! {
    /// Any body as one of [`Bytes`] and [`BodyError`], which never ends cleanly before the length it announced.
    #[derive(Debug)]
    pub(super) struct Erased<B> {
        #[pin]
        body: B,
        announced: Option<u64>,
        sent: u64,
    }
}

impl<B: Body> Erased<B> {
    /// A body whose length was told otherwise than by itself.
    pub(super) fn of_length(body: B, len: u64) -> Self {
        Self {
            body,
            announced: Some(len),
            sent: 0,
        }
    }

    pub(super) fn new(body: B) -> Self {
        let announced = body.size_hint().exact();
        Self {
            body,
            announced,
            sent: 0,
        }
    }
}

impl<B> Body for Erased<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.project();
        let part = match ready!(this.body.poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(BodyError::upstream(error)))),
            None => {
                let (announced, sent) = (this.announced.take(), *this.sent);
                let short = announced.filter(|announced| *announced != sent);
                return Poll::Ready(
                    short.map(|announced| Err(BodyError::Truncated { announced, sent })),
                );
            }
        };
        // `copy_to_bytes` of `Bytes` itself hands it over without copying.
        let frame = part.map_data(|mut data| data.copy_to_bytes(data.remaining()));
        *this.sent += frame.data_ref().map_or(0, |data| data.len() as u64);
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// What a frame was.
pub(super) enum Part {
    Data(Bytes),
    Trailers(HeaderMap),
}

impl Part {
    /// Takes a frame apart; frames of kinds that do not exist today are passed over.
    pub(super) fn of(frame: Frame<Bytes>) -> Option<Self> {
        match frame.into_data() {
            Ok(data) => Some(Self::Data(data)),
            Err(frame) => frame.into_trailers().ok().map(Self::Trailers),
        }
    }
}
