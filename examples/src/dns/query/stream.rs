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
    let connected = TcpStream::connect(server).await;
    let stream = connected.map_err(|error| unreachable(server, "connecting to", error))?;
    exchange(stream, server, question).await
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

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    server: SocketAddr,
    question: &[u8],
) -> Result<Vec<u8>, Error> {
    let failed = |error| unreachable(server, "asking", error);
    // Length and message go out together: some servers read them as one.
    let framed = [&frame(question)?, question].concat();
    stream.write_all(&framed).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    let mut decoder = StreamDecoder::new();
    let mut buf = [0; 4096];
    loop {
        if let Some(message) = decoder.next_message() {
            return Ok(message.to_vec());
        }
        match stream.read(&mut buf).await.map_err(failed)? {
            0 => return Err(failed(std::io::ErrorKind::UnexpectedEof.into())),
            len => decoder.feed(&buf[..len]),
        }
    }
}
