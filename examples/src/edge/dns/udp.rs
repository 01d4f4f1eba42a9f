//! Datagrams in, datagrams out.

use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::{Answer, Transport};

/// Answers datagrams on `socket` until `stop`.
///
/// Answering never waits, so one task serves them in order; several may share a socket.
pub async fn serve_udp(socket: Arc<UdpSocket>, answer: impl Answer, stop: CancellationToken) {
    let mut query = vec![0; 65_535];
    let mut response = vec![0; 65_535];
    loop {
        let received = tokio::select! {
            () = stop.cancelled() => return,
            received = socket.recv_from(&mut query) => received,
        };
        // An error here is an ICMP echo of an earlier answer: the socket goes on.
        let Ok((length, from)) = received else {
            continue;
        };
        let length = answer.answer(&query[..length], from, Transport::Udp, &mut response);
        if length > 0 {
            let _ = socket.send_to(&response[..length], from).await;
        }
    }
}
