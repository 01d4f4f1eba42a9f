//! Interim (1xx) responses towards the client.
//!
//! hyper's server cannot send them, so they are written around it: [`InterimSink`] takes what an
//! upstream sent, [`InterimIo`] puts it on the wire at a point where nothing of hyper's is half
//! written. hyper calls `poll_flush` only when its own buffer is empty; from then until its next
//! write the connection stands between two messages.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf as _, BytesMut};
use http::{HeaderMap, StatusCode, Version};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::strip_hop_by_hop;

/// How many bytes of interim responses may wait for a client that does not read.
const MAX_PENDING: usize = 64 * 1024;

/// A connection whose owner may send interim responses between hyper's own messages.
#[derive(Debug)]
pub struct InterimIo<T> {
    io: T,
    shared: Arc<Mutex<Shared>>,
    /// Nothing was written since the last flush: no message is half on the wire.
    between_messages: bool,
}

#[derive(Debug, Default)]
struct Shared {
    pending: BytesMut,
    /// Counts requests, so that a sink outlived by its request stays silent.
    request: u64,
    open: bool,
    waker: Option<Waker>,
}

impl<T> InterimIo<T> {
    /// Wraps a connection.
    pub fn new(io: T) -> Self {
        Self {
            io,
            shared: Arc::default(),
            between_messages: true,
        }
    }

    /// Returns the factory of sinks, one for each request on this connection.
    pub fn sinks(&self) -> Sinks {
        Sinks(Arc::clone(&self.shared))
    }
}

/// Makes the [`InterimSink`] of each request.
#[derive(Clone, Debug)]
pub struct Sinks(Arc<Mutex<Shared>>);

impl Sinks {
    /// Opens a sink for the request that just arrived in `version`.
    ///
    /// A client of HTTP/1.0 gets no interim responses (RFC 9110 section 15.2).
    #[must_use]
    pub fn open(&self, version: Version) -> InterimSink {
        let mut shared = lock(&self.0);
        shared.request += 1;
        shared.open = version >= Version::HTTP_11;
        InterimSink {
            shared: Arc::clone(&self.0),
            request: shared.request,
        }
    }
}

/// Where the interim responses to one request go; clones share it.
#[derive(Clone, Debug)]
pub struct InterimSink {
    shared: Arc<Mutex<Shared>>,
    request: u64,
}

impl InterimSink {
    /// Passes an interim response on to the client.
    ///
    /// Says nothing once the final response has begun, and leaves out 100 and 101: both belong to
    /// one connection and are hyper's to answer. What exceeds 64 KiB of unread interim responses
    /// is left out whole; a client may ignore any of them (RFC 9110 section 15.2).
    pub fn send(&self, status: StatusCode, headers: &HeaderMap) {
        if matches!(
            status,
            StatusCode::CONTINUE | StatusCode::SWITCHING_PROTOCOLS
        ) {
            return;
        }
        let head = render(status, headers);
        let waker = {
            let mut shared = lock(&self.shared);
            let late = !shared.open || shared.request != self.request;
            if late || shared.pending.len() + head.len() > MAX_PENDING {
                return;
            }
            shared.pending.extend_from_slice(&head);
            shared.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ends the time for interim responses: the final one begins.
    pub fn close(&self) {
        let mut shared = lock(&self.shared);
        if shared.request == self.request {
            shared.open = false;
        }
    }
}

fn render(status: StatusCode, headers: &HeaderMap) -> BytesMut {
    let mut headers = headers.clone();
    strip_hop_by_hop(&mut headers);
    let mut head = BytesMut::with_capacity(256);
    head.extend_from_slice(b"HTTP/1.1 ");
    head.extend_from_slice(status.as_str().as_bytes());
    head.extend_from_slice(b" ");
    head.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    head.extend_from_slice(b"\r\n");
    for (name, value) in &headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: AsyncWrite + Unpin> InterimIo<T> {
    /// Writes what is pending, if the connection stands between two messages.
    fn poll_pending(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.between_messages {
            return Poll::Ready(Ok(()));
        }
        let mut shared = lock(&self.shared);
        while !shared.pending.is_empty() {
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, &shared.pending))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            shared.pending.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for InterimIo<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(cx))?;
        self.between_messages = false;
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(cx))?;
        self.between_messages = false;
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.between_messages = true;
        ready!(self.poll_pending(cx))?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for InterimIo<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        {
            let mut shared = lock(&self.shared);
            if shared
                .waker
                .as_ref()
                .is_none_or(|waker| !waker.will_wake(cx.waker()))
            {
                shared.waker = Some(cx.waker().clone());
            }
        }
        Pin::new(&mut self.io).poll_read(cx, into)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    fn link() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("link", HeaderValue::from_static("</a.css>; rel=preload"));
        headers.insert("connection", HeaderValue::from_static("close"));
        headers
    }

    async fn sent(write: impl AsyncFnOnce(&mut InterimIo<tokio::io::DuplexStream>)) -> String {
        let (server, mut client) = duplex(4096);
        let mut io = InterimIo::new(server);
        write(&mut io).await;
        drop(io);
        let mut bytes = String::new();
        client.read_to_string(&mut bytes).await.unwrap();
        bytes
    }

    #[tokio::test]
    async fn an_interim_response_goes_out_before_the_final_one() {
        let wire = sent(async |io| {
            let sink = io.sinks().open(Version::HTTP_11);
            sink.send(StatusCode::EARLY_HINTS, &link());
            io.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        })
        .await;
        assert_eq!(
            wire,
            "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
        );
    }

    #[tokio::test]
    async fn nothing_is_put_into_the_middle_of_a_message() {
        let wire = sent(async |io| {
            let sink = io.sinks().open(Version::HTTP_11);
            io.write_all(b"half").await.unwrap();
            sink.send(StatusCode::EARLY_HINTS, &link());
            io.write_all(b"whole").await.unwrap();
        })
        .await;
        assert_eq!(wire, "halfwhole");
    }

    #[tokio::test]
    async fn a_sink_is_silent_after_its_request_and_for_http_1_0() {
        let wire = sent(async |io| {
            let first = io.sinks().open(Version::HTTP_11);
            let second = io.sinks().open(Version::HTTP_10);
            first.send(StatusCode::EARLY_HINTS, &link());
            second.send(StatusCode::EARLY_HINTS, &link());
            let third = io.sinks().open(Version::HTTP_11);
            third.send(StatusCode::CONTINUE, &link());
            third.close();
            third.send(StatusCode::EARLY_HINTS, &link());
            io.write_all(b"end").await.unwrap();
        })
        .await;
        assert_eq!(wire, "end");
    }
}
