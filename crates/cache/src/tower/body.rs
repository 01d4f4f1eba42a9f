//! [`CacheBody`]: the body of a response that went through the cache.

use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::sync::Arc;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{
    assembled::Assembled,
    reader::Reader,
    slices::Sliced,
    source::{BoxError, Erased},
};
use crate::store::{Content, ReadError, Ticket};

pin_project! {
    /// The body of a response that went through the cache: the origin's own, one that is being stored, or a stored one.
    ///
    /// It yields [`Bytes`], and never ends cleanly before its end: what was cut short ends in a [`BodyError`].
    ///
    /// It is `Send` and not `Sync`: box it by `http_body_util`'s `boxed_unsync`, as axum and tonic do, and not by `boxed`.
    #[must_use = "a body does nothing unless polled"]
    pub struct CacheBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProjected]
    enum Kind<B> {
        Empty,
        Pass { #[pin] body: Erased<B> },
        Filling { reader: Reader },
        Stored { stored: Stored },
        Assembled { assembled: Assembled },
        Sliced { sliced: Sliced },
    }
}

impl<B> CacheBody<B> {
    /// Makes a body without bytes, for responses that stand in for one that did not come.
    pub fn empty() -> Self {
        Self { kind: Kind::Empty }
    }

    pub(super) fn pass(body: B) -> Self
    where
        B: Body,
    {
        Self {
            kind: Kind::Pass {
                body: Erased::new(body),
            },
        }
    }

    pub(super) fn filling(reader: Reader) -> Self {
        Self {
            kind: Kind::Filling { reader },
        }
    }

    pub(super) fn assembled(assembled: Assembled) -> Self {
        Self {
            kind: Kind::Assembled { assembled },
        }
    }

    pub(super) fn sliced(sliced: Sliced) -> Self {
        Self {
            kind: Kind::Sliced { sliced },
        }
    }

    /// The bytes of complete content from `at` to before `end`.
    pub(super) fn stored(content: Arc<dyn Content>, at: u64, end: u64) -> Self {
        let stored = Stored {
            content,
            at,
            end,
            ticket: Ticket::default(),
            trailers: Trailers::Due,
        };
        Self {
            kind: Kind::Stored { stored },
        }
    }
}

impl<B> Body for CacheBody<B>
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
        match self.project().kind.project() {
            KindProjected::Empty => Poll::Ready(None),
            KindProjected::Pass { body } => body.poll_frame(cx),
            KindProjected::Filling { reader } => reader.poll_frame(cx),
            KindProjected::Stored { stored } => stored.poll_frame(cx),
            KindProjected::Assembled { assembled } => assembled.poll_frame(cx),
            KindProjected::Sliced { sliced } => sliced.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Empty => true,
            Kind::Pass { body } => body.is_end_stream(),
            Kind::Filling { reader } => reader.is_end_stream(),
            Kind::Stored { stored } => stored.is_end_stream(),
            Kind::Assembled { assembled } => assembled.is_end_stream(),
            Kind::Sliced { sliced } => sliced.left() == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Pass { body } => body.size_hint(),
            Kind::Filling { reader } => reader.size_hint(),
            Kind::Stored { stored } => SizeHint::with_exact(stored.end - stored.at),
            Kind::Assembled { assembled } => SizeHint::with_exact(assembled.left()),
            Kind::Sliced { sliced } => SizeHint::with_exact(sliced.left()),
        }
    }
}

impl<B> fmt::Debug for CacheBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.kind {
            Kind::Empty => "CacheBody::Empty",
            Kind::Pass { .. } => "CacheBody::Pass",
            Kind::Filling { .. } => "CacheBody::Filling",
            Kind::Stored { .. } => "CacheBody::Stored",
            Kind::Assembled { .. } => "CacheBody::Assembled",
            Kind::Sliced { .. } => "CacheBody::Sliced",
        })
    }
}

struct Stored {
    content: Arc<dyn Content>,
    at: u64,
    end: u64,
    ticket: Ticket,
    trailers: Trailers,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trailers {
    Due,
    Sent,
}

impl Stored {
    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.at >= self.end {
            return Poll::Ready(
                self.take_trailers()
                    .map(|trailers| Ok(Frame::trailers(trailers))),
            );
        }
        let read = ready!(self.content.poll_read(self.at, &mut self.ticket, cx));
        let gone = ReadError::Gone { at: self.at };
        let frame = match read {
            Ok(mut data) if !data.is_empty() => {
                let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
                data.truncate(left);
                self.at += data.len() as u64;
                Ok(Frame::data(data))
            }
            Ok(_) => Err(BodyError::Store(gone)),
            Err(error) => Err(BodyError::Store(error)),
        };
        Poll::Ready(Some(frame))
    }

    fn take_trailers(&mut self) -> Option<http::HeaderMap> {
        let whole = self.content.len() == Some(self.end);
        let due = core::mem::replace(&mut self.trailers, Trailers::Sent) == Trailers::Due;
        if whole && due {
            self.content.trailers()
        } else {
            None
        }
    }

    fn is_end_stream(&self) -> bool {
        let trailers = self.trailers == Trailers::Due && self.content.trailers().is_some();
        self.at >= self.end && !trailers
    }
}

/// Why a body ended before its end.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// What the rest belongs to is no longer what was begun.
    #[error("response changed while its parts were fetched")]
    Changed,
    /// This reader was too far behind a body that turned out too long to keep.
    #[error("reader fell too far behind a body that is not kept")]
    Lagging,
    /// The store lost bytes that it had.
    #[error("stored body could not be read")]
    Store(#[source] ReadError),
    /// The origin's body is not as long as it announced.
    #[error("origin announced {announced} bytes and sent {sent}")]
    Truncated {
        /// What Content-Length said.
        announced: u64,
        /// How many bytes came.
        sent: u64,
    },
    /// The origin did not give the rest.
    #[error("origin gave no answer for the rest of a body")]
    Unavailable,
    /// The origin's body failed.
    #[error("origin's body failed")]
    Upstream(#[source] Arc<dyn core::error::Error + Send + Sync>),
}

impl BodyError {
    pub(super) fn upstream(error: impl Into<BoxError>) -> Self {
        Self::Upstream(Arc::from(error.into()))
    }
}

impl From<BodyError> for eaves_common::Error {
    fn from(error: BodyError) -> Self {
        Self::with_source(
            eaves_common::ErrorKind::Unavailable,
            "reading a response body",
            error,
        )
    }
}
