//! DNS over TCP (RFC 7766): messages behind a length, several on one connection, in order.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Answer, Transport};

/// What TCP clients may take.
#[derive(Clone, Copy, Debug)]
pub struct TcpLimits {
    /// Connections at the same time; one more is closed at once.
    pub connections: usize,
    /// How long a connection may take for its next whole message, and for reading an answer.
    pub idle: Duration,
}

impl Default for TcpLimits {
    fn default() -> Self {
        Self {
            connections: 256,
            idle: Duration::from_secs(10),
        }
    }
}

/// What a listener could not take.
#[derive(Debug, Default)]
pub struct TcpCounters {
    /// Connections closed because the limit was reached.
    pub refused: AtomicU64,
    /// Times that a connection could not be accepted: the process is out of descriptors, most likely.
    pub not_accepted: AtomicU64,
}

/// Answers messages on connections to `listener` until `stop`.
pub async fn serve_tcp(
    listener: TcpListener,
    limits: TcpLimits,
    counters: Arc<TcpCounters>,
    answer: impl Answer,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, from)) = accepted else {
            counters.not_accepted.fetch_add(1, Relaxed);
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            counters.refused.fetch_add(1, Relaxed);
            continue; // dropped, which closes it
        };
        let (answer, stop) = (answer.clone(), stop.clone());
        connections.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = converse(stream, from, limits.idle, answer) => {}
            }
            drop(place);
        });
    }
    drop(listener); // who comes now asks elsewhere
    connections.close();
    connections.wait().await;
}

/// Answers the messages of one connection until it ends, idles, or sends what deserves no answer.
async fn converse(mut stream: TcpStream, from: SocketAddr, idle: Duration, answer: impl Answer) {
    let _ = stream.set_nodelay(true);
    let mut query = Vec::new();
    let mut response = vec![0; 2 + usize::from(u16::MAX)];
    loop {
        let Ok(Ok(())) = timeout(idle, read_message(&mut stream, &mut query)).await else {
            return;
        };
        let (prefix, message) = response.split_at_mut(2);
        let length = answer.answer(&query, from, Transport::Tcp, message);
        let Ok(length @ 1..) = u16::try_from(length) else {
            return; // silence: nothing on a stream can follow it
        };
        prefix.copy_from_slice(&length.to_be_bytes());
        let response = &response[..2 + usize::from(length)];
        let Ok(Ok(())) = timeout(idle, stream.write_all(response)).await else {
            return;
        };
    }
}

/// Reads one message; the buffer grows with what arrives, never with what a length claims.
async fn read_message(stream: &mut TcpStream, into: &mut Vec<u8>) -> std::io::Result<()> {
    let length = u64::from(stream.read_u16().await?);
    into.clear();
    let read = stream.take(length).read_to_end(into).await?;
    if (read as u64) < length {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}
