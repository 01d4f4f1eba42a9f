//! [`WatchedBody`]: a body from an origin that may not stall and that tells how it ended.

use std::{
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::UpstreamError;

/// How the body of a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All of it came.
    Complete,
    /// The origin broke off or stalled.
    Failed,
    /// The reader left first.
    Dropped,
}

/// A body that fails when the origin stalls, and calls `on_end` once, however it ends.
pub struct WatchedBody<F: FnOnce(End) + Unpin> {
    body: Incoming,
    origin: SocketAddr,
    stall: Duration,
    /// Set while the body waits for the origin, so that a slow reader is not held against it.
    deadline: Option<Pin<Box<Sleep>>>,
    on_end: Option<F>,
}

impl<F: FnOnce(End) + Unpin> std::fmt::Debug for WatchedBody<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WatchedBody")
            .field("origin", &self.origin)
            .field("stall", &self.stall)
            .finish_non_exhaustive()
    }
}

impl<F: FnOnce(End) + Unpin> WatchedBody<F> {
    /// Watches the body that came from `origin`.
    pub fn new(body: Incoming, origin: SocketAddr, stall: Duration, on_end: F) -> Self {
        let mut body = Self {
            body,
            origin,
            stall,
            deadline: None,
            on_end: Some(on_end),
        };
        if body.body.is_end_stream() {
            body.end(End::Complete);
        }
        body
    }

    fn end(&mut self, end: End) {
        if let Some(on_end) = self.on_end.take() {
            on_end(end);
        }
    }

    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let stall = self.stall;
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + stall)));
        deadline.as_mut().poll(cx)
    }
}

impl<F: FnOnce(End) + Unpin> Body for WatchedBody<F> {
    type Data = Bytes;
    type Error = UpstreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UpstreamError>>> {
        let origin = self.origin;
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            if self.poll_stall(cx).is_pending() {
                return Poll::Pending;
            }
            self.end(End::Failed);
            return Poll::Ready(Some(Err(UpstreamError::Stalled { origin })));
        };
        self.deadline = None;
        match frame {
            Some(Ok(frame)) => {
                if self.body.is_end_stream() {
                    self.end(End::Complete);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(source)) => {
                self.end(End::Failed);
                Poll::Ready(Some(Err(UpstreamError::Truncated { origin, source })))
            }
            None => {
                self.end(End::Complete);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<F: FnOnce(End) + Unpin> Drop for WatchedBody<F> {
    fn drop(&mut self) {
        self.end(End::Dropped);
    }
}
