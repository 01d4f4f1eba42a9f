//! What readers and objects take in memory, with bodies that come over real connections.

use core::{convert::Infallible, fmt, pin::Pin, task, time::Duration};
use std::{fs, io, sync::Arc};

use eaves_cache::{
    policy::Policy,
    store::{Memory, Store},
    tower::{CacheBody, CacheConfig, CacheLayer, CacheService},
};
use eaves_common::units::ByteSize;
use http::{HeaderValue, Request, Response, header::CACHE_CONTROL, uri::Authority};
use http_body_util::{BodyExt, Empty};
use hyper::{
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinHandle};
use tower_layer::Layer;
use tower_service::Service;

use super::Line;
use crate::cache::Proxy;

/// What readers that stall take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stalled {
    /// How many there are.
    pub readers: usize,
    /// How long each body is.
    pub body: ByteSize,
    /// Resident memory, less that before.
    pub over_base: ByteSize,
}

/// What stored objects take.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Resident {
    /// How many there are.
    pub objects: u64,
    /// Resident memory, less that before.
    pub resident: ByteSize,
    /// The sum of their bodies.
    pub payload: ByteSize,
}

/// A body that is made as it is sent.
struct Endless {
    left: u64,
}

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
    ) -> task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let len = self.left.min(16 * 1024);
        self.left -= len;
        let frame = (len > 0).then(|| Ok(Frame::data(Bytes::from(vec![b'x'; len as usize]))));
        task::Poll::Ready(frame)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// An origin of its own: every path answers with so many bytes.
async fn origin(len: u64, control: &'static str) -> io::Result<(Authority, JoinHandle<()>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = service_fn(move |_: Request<Incoming>| async move {
                let mut response = Response::new(Endless { left: len });
                let control = HeaderValue::from_static(control);
                response.headers_mut().insert(CACHE_CONTROL, control);
                Ok::<_, Infallible>(response)
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
            tokio::spawn(async move { drop(connection.await) });
        }
    });
    let authority = address.parse().map_err(io::Error::other)?;
    Ok((authority, serving))
}

type Client = CacheService<Proxy<Empty<Bytes>>>;

/// Asks for a path without a body of the client's.
async fn get(client: &Client, path: u64) -> io::Result<Response<CacheBody<Incoming>>> {
    let request = Request::get(format!("http://a.example/{path}"))
        .body(Empty::new())
        .map_err(io::Error::other)?;
    client.clone().call(request).await.map_err(io::Error::other)
}

/// Bytes of this process that are in memory.
fn in_memory() -> io::Result<u64> {
    let pages = fs::read_to_string("/proc/self/statm")?;
    let pages = pages
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages
        .map(|pages| pages * 4096)
        .ok_or_else(|| io::Error::other("no resident pages"))
}

/// Readers of long bodies that nobody may store: each takes one frame, and then nothing for a while.
///
/// # Errors
/// If a connection fails, or the system does not tell what is in memory.
pub async fn stalled(readers: usize, body: ByteSize, stall: Duration) -> io::Result<Stalled> {
    let (authority, serving) = origin(body.as_u64(), "no-store").await?;
    let config = CacheConfig::default().policy(Policy::standards_only());
    let client = CacheLayer::new(config).layer(Proxy::new(authority));
    let base = in_memory()?;
    let mut bodies = Vec::new();
    for path in 0..readers {
        let mut body = get(&client, path as u64).await?.into_body();
        drop(body.frame().await);
        bodies.push(body);
    }
    tokio::time::sleep(stall).await;
    let over_base = in_memory()?.saturating_sub(base);
    drop(bodies);
    serving.abort();
    Ok(Stalled {
        readers,
        body,
        over_base: ByteSize::from_bytes(over_base),
    })
}

/// Stores so many objects of one length, as a client of the real kind brings them.
///
/// # Errors
/// If a connection fails, or the system does not tell what is in memory.
pub async fn resident(objects: u64, body: ByteSize) -> io::Result<Resident> {
    let (authority, serving) = origin(body.as_u64(), "max-age=600").await?;
    let payload = objects * body.as_u64();
    let store = Arc::new(Memory::new(2 * payload));
    let config = CacheConfig::default()
        .policy(Policy::standards_only())
        .store(store.clone());
    let client = CacheLayer::new(config).layer(Proxy::new(authority));
    // What connections take is not the store's.
    fetch(&client, u64::MAX).await?;
    let base = in_memory()?;
    for path in 0..objects {
        fetch(&client, path).await?;
    }
    let resident = in_memory()?.saturating_sub(base);
    let stored = store.usage().entries;
    serving.abort();
    if stored < objects {
        return Err(io::Error::other(format!(
            "{stored} of {objects} objects are stored"
        )));
    }
    Ok(Resident {
        objects,
        resident: ByteSize::from_bytes(resident),
        payload: ByteSize::from_bytes(payload),
    })
}

async fn fetch(client: &Client, path: u64) -> io::Result<()> {
    let body = get(client, path).await?.into_body();
    body.collect().await.map(drop).map_err(io::Error::other)
}

impl Resident {
    /// Resident bytes for each byte of the bodies.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.resident.as_u64() as f64 / self.payload.as_u64() as f64
    }
}

impl fmt::Display for Stalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            readers,
            body,
            over_base,
        } = self;
        let line = Line {
            name: "stalled",
            figure: format!("{readers} readers of {body} take {over_base}"),
            most: "16MiB",
        };
        line.fmt(f)
    }
}

impl fmt::Display for Resident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = Line {
            name: "resident",
            figure: format!(
                "{} objects take {:.3} of their bodies",
                self.objects,
                self.ratio()
            ),
            most: "1.15",
        };
        line.fmt(f)
    }
}
