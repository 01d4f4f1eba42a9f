//! Accepting connections: limits, refusals, draining.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulConnection, GracefulShutdown},
};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

use super::{Body, InterimIo, InterimSink};

/// What one client, or all of them together, may take.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpLimits {
    /// Connections at the same time; one more is told 503 and closed.
    pub connections: usize,
    /// How long a request's head may take, and how long a connection may idle.
    pub head_timeout: Duration,
    /// Bytes of a request's head; a longer one is told 431.
    pub head_bytes: usize,
    /// How long running requests may take to end once the server stops.
    pub drain: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            head_timeout: Duration::from_secs(10),
            head_bytes: 32 * 1024,
            drain: Duration::from_secs(10),
        }
    }
}

/// What a listener has seen.
#[derive(Debug, Default)]
pub struct ServerCounters {
    /// Connections accepted.
    pub accepted: AtomicU64,
    /// Connections refused because the limit was reached.
    pub refused: AtomicU64,
    /// Connections that ended in an error: garbage, timeouts, resets.
    pub failed: AtomicU64,
    /// Times that a connection could not be accepted: the process is out of descriptors, most likely.
    pub not_accepted: AtomicU64,
    /// Connections that were still at work when the time for draining was over.
    pub cut: AtomicU64,
}

/// Who sent a request, and where its interim responses go; found in the request's extensions.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The address of the other end of the connection.
    pub address: SocketAddr,
    /// Takes interim responses for this request.
    pub interim: InterimSink,
}

/// Serves HTTP/1.1 until `stop`, then drains.
///
/// `handler` gets each request with a [`Peer`] among its extensions.
pub async fn serve<F, R>(
    listener: TcpListener,
    limits: HttpLimits,
    counters: Arc<ServerCounters>,
    handler: F,
    stop: CancellationToken,
) where
    F: Fn(Request<Incoming>) -> R + Clone + Send + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, address)) = accepted else {
            counters.not_accepted.fetch_add(1, Relaxed);
            // Connections that end give room.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        counters.accepted.fetch_add(1, Relaxed);
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            counters.refused.fetch_add(1, Relaxed);
            tokio::spawn(refuse(stream));
            continue;
        };
        let connection = graceful.watch(connection(stream, address, &limits, handler.clone()));
        let counters = Arc::clone(&counters);
        tokio::spawn(async move {
            if connection.await.is_err() {
                counters.failed.fetch_add(1, Relaxed);
            }
            drop(place);
        });
    }
    // Clients that come now are refused at once, and go elsewhere, rather than wait for a server that ends.
    drop(listener);
    let drained = tokio::time::timeout(limits.drain, graceful.shutdown()).await;
    if drained.is_err() {
        let left = limits.connections - places.available_permits();
        counters.cut.fetch_add(left as u64, Relaxed);
    }
}

fn connection<F, R>(
    stream: TcpStream,
    address: SocketAddr,
    limits: &HttpLimits,
    handler: F,
) -> impl GracefulConnection<Error = hyper::Error> + Send + use<F, R>
where
    F: Fn(Request<Incoming>) -> R + Clone + Send + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    let _ = stream.set_nodelay(true);
    let io = InterimIo::new(stream);
    let sinks = io.sinks();
    let service = service_fn(move |mut request: Request<Incoming>| {
        let interim = sinks.open(request.version());
        request.extensions_mut().insert(Peer {
            address,
            interim: interim.clone(),
        });
        let response = handler(request);
        async move {
            let response = response.await;
            interim.close();
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(limits.head_bytes)
        .serve_connection(TokioIo::new(io), service)
}

/// Tells a client over the limit so, without waiting for what it has to say.
async fn refuse(mut stream: TcpStream) {
    const ANSWER: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let _ = tokio::time::timeout(Duration::from_secs(1), async {
        stream.write_all(ANSWER).await?;
        stream.shutdown().await
    })
    .await;
}
