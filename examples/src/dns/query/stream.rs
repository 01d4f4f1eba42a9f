//! Over TCP and TLS: a length before each message.

use std::net::SocketAddr;

use eaves_common::Error;
use eaves_dns::frame::{StreamDecoder, frame};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Ask, tls, unreachable};

/// Asks over TCP.
pub(super) async fn over_tcp(server: SocketAddr, question: &[u8]) -> Result<Vec<u8>, Error> {
    exchange(connect(server).await?, server, question).await
}

/// Asks over TLS.
pub(super) async fn over_tls(
    ask: &Ask,
    server: SocketAddr,
    question: &[u8],
) -> Result<Vec<u8>, Error> {
    let stream = tls::connect(ask, server, &[]).await?;
    exchange(stream, server, question).await
}

/// Connects over TCP.
pub(super) async fn connect(server: SocketAddr) -> Result<TcpStream, Error> {
    let connected = TcpStream::connect(server).await;
    connected.map_err(|error| unreachable(server, "connecting to", error))
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    server: SocketAddr,
    question: &[u8],
) -> Result<Vec<u8>, Error> {
    let mut conversation = Conversation::new(stream, server);
    conversation.ask(question).await?;
    conversation.next().await
}

/// Messages to and from a server over one stream.
pub(super) struct Conversation<S> {
    stream: S,
    server: SocketAddr,
    decoder: StreamDecoder,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    pub(super) fn new(stream: S, server: SocketAddr) -> Self {
        let decoder = StreamDecoder::new();
        Self {
            stream,
            server,
            decoder,
        }
    }

    /// Sends a question.
    pub(super) async fn ask(&mut self, question: &[u8]) -> Result<(), Error> {
        let failed = |error| unreachable(self.server, "asking", error);
        // Length and message go out together: some servers read them as one.
        let framed = [&frame(question)?, question].concat();
        self.stream.write_all(&framed).await.map_err(failed)?;
        self.stream.flush().await.map_err(failed)
    }

    /// Waits for the next message.
    pub(super) async fn next(&mut self) -> Result<Vec<u8>, Error> {
        let failed = |error| unreachable(self.server, "asking", error);
        let mut buf = [0; 4096];
        loop {
            if let Some(message) = self.decoder.next_message() {
                return Ok(message.to_vec());
            }
            match self.stream.read(&mut buf).await.map_err(failed)? {
                0 => return Err(failed(std::io::ErrorKind::UnexpectedEof.into())),
                len => self.decoder.feed(&buf[..len]),
            }
        }
    }
}
