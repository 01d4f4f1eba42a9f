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
    /// Any body as one of [`Bytes`] and [`BodyError`].
    #[derive(Debug)]
    pub(super) struct Erased<B> {
        #[pin]
        body: B,
    }
}

impl<B> Erased<B> {
    pub(super) fn new(body: B) -> Self {
        Self { body }
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
        let frame = ready!(self.project().body.poll_frame(cx));
        Poll::Ready(frame.map(|frame| match frame {
            // `copy_to_bytes` of `Bytes` itself hands it over without copying.
            Ok(frame) => Ok(frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))),
            Err(error) => Err(BodyError::upstream(error)),
        }))
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
