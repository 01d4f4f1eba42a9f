//! Over UDP: asked again when nothing comes.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use eaves_common::{Error, ErrorKind};
use tokio::{net::UdpSocket, time::timeout};

use super::{Ask, check::answers, unreachable};

/// Sends a question until an answer comes, as often as asked for.
pub(super) async fn exchange(
    ask: &Ask,
    server: SocketAddr,
    question: &[u8],
) -> Result<Vec<u8>, Error> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let failed = |error| unreachable(server, "asking", error);
    let socket = UdpSocket::bind(any).await.map_err(failed)?;
    // The kernel then drops what others send, and tells when nobody listens.
    socket.connect(server).await.map_err(failed)?;
    for _ in 0..ask.tries {
        socket.send(question).await.map_err(failed)?;
        if let Ok(answer) = timeout(ask.timeout, receive(&socket, question)).await {
            return answer.map_err(failed);
        }
    }
    let (tries, limit) = (ask.tries, ask.timeout);
    let message = format!("no answer from {server} to {tries} tries of {limit:?}");
    Err(Error::new(ErrorKind::Timeout, message))
}

/// Waits for the answer; another question's answer, or a forgery, is passed over.
async fn receive(socket: &UdpSocket, question: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut buf = vec![0; usize::from(u16::MAX)];
    loop {
        let len = socket.recv(&mut buf).await?;
        if answers(question, &buf[..len]) {
            buf.truncate(len);
            return Ok(buf);
        }
    }
}
