//! [`Server`]: an HTTP server with moods.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::{Instant, sleep},
};

/// An HTTP server whose mood changes with time; dropped, it stops.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub addr: SocketAddr,
    task: AbortHandle,
}

/// How a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// It closes connections and refuses to answer.
    Down,
    /// It answers every second request with 503.
    Erring,
    /// It answers within 2 ms.
    Good,
    /// It takes 250 ms for every twentieth request.
    Stuttering,
}

impl Mood {
    /// Returns the mood of one of three servers, so long after the start.
    #[must_use]
    pub fn of(server: usize, since: Duration) -> Self {
        let second = since.as_secs();
        match server {
            0 => Self::Stuttering,
            1 if second % 6 >= 4 => Self::Erring,
            2 if second % 7 >= 3 && second % 7 < 5 => Self::Down,
            _ => Self::Good,
        }
    }
}

impl Server {
    /// Listens on a free port; `mood` is asked at each request.
    ///
    /// # Errors
    ///
    /// If no port can be opened.
    pub async fn start(mood: impl Fn() -> Mood + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let task = tokio::spawn(accept(listener, Arc::new(mood)));
        Ok(Self {
            addr,
            task: task.abort_handle(),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Feeling = Arc<dyn Fn() -> Mood + Send + Sync>;

/// Its connections end with it, as they are its own tasks.
async fn accept(listener: TcpListener, mood: Feeling) {
    let mut connections = JoinSet::new();
    let count = Arc::new(AtomicU64::new(0));
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        if mood() != Mood::Down {
            connections.spawn(serve(stream, Arc::clone(&mood), Arc::clone(&count)));
        }
    }
}

async fn serve(stream: TcpStream, mood: Feeling, count: Arc<AtomicU64>) {
    let answering = service_fn(move |request| {
        let (mood, count) = (mood(), count.fetch_add(1, Relaxed));
        answer(request, mood, count)
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), answering);
    // That a connection broke is what its client is here to see.
    let _ = served.await;
}

async fn answer(
    _: Request<Incoming>,
    mood: Mood,
    count: u64,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let pause = match mood {
        Mood::Stuttering if count.is_multiple_of(20) => Duration::from_millis(250),
        _ => Duration::from_millis(2),
    };
    sleep(pause).await;
    let failing = mood == Mood::Down || mood == Mood::Erring && count.is_multiple_of(2);
    let (status, text) = match failing {
        true => (StatusCode::SERVICE_UNAVAILABLE, "not now\n"),
        false => (StatusCode::OK, "hello\n"),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    Ok(response)
}

/// Starts three servers whose moods follow the time.
pub(super) async fn three() -> io::Result<Vec<Server>> {
    let began = Instant::now();
    let mut servers = Vec::new();
    for at in 0..3 {
        servers.push(Server::start(move || Mood::of(at, began.elapsed())).await?);
    }
    Ok(servers)
}
