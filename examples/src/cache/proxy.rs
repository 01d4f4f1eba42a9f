//! [`Proxy`]: forwards requests to one origin; [`serve`]: a listener in front of a cache in front of it.

use std::{
    convert::Infallible,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use eaves_cache::tower::{CacheConfig, CacheLayer, RequestBody, Task};
use http::{Request, Response, StatusCode, Uri, uri::Authority};
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tower_layer::Layer;
use tower_service::Service;

use crate::edge::http::strip_hop_by_hop;

type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// Sends requests with bodies of type `B` to one origin, each at most once.
#[derive(Debug)]
pub struct Proxy<B> {
    client: Client<HttpConnector, RequestBody<B>>,
    origin: Authority,
}

impl<B> Clone for Proxy<B> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            origin: self.origin.clone(),
        }
    }
}

impl<B> Proxy<B>
where
    B: Body<Data: Send> + Send,
{
    /// Makes a proxy for the origin at an authority.
    #[must_use]
    pub fn new(origin: Authority) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            // Node closes idle connections after 5 s; a request must not meet one that is about to be.
            .pool_idle_timeout(Duration::from_secs(4))
            .retry_canceled_requests(false)
            .build_http();
        Self { client, origin }
    }
}

impl<B> Service<Request<RequestBody<B>>> for Proxy<B>
where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    type Response = Response<Incoming>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Incoming>, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<RequestBody<B>>) -> Self::Future {
        *request.uri_mut() = target(request.uri(), &self.origin);
        strip_hop_by_hop(request.headers_mut());
        let answer = self.client.request(request);
        Box::pin(async move {
            let mut answer = answer.await?;
            strip_hop_by_hop(answer.headers_mut());
            Ok(answer)
        })
    }
}

/// Serves a cache in front of an origin until the future is dropped.
///
/// # Errors
/// If a connection cannot be accepted.
pub async fn serve(
    listener: TcpListener,
    origin: Authority,
    config: CacheConfig,
) -> io::Result<Infallible> {
    let config = config.spawner(|task: Task| {
        tokio::spawn(task);
    });
    let service = CacheLayer::new(config).layer(Proxy::<Incoming>::new(origin));
    loop {
        let (stream, _) = listener.accept().await?;
        let service = service.clone();
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(
                TokioIo::new(stream),
                service_fn(move |request: Request<Incoming>| {
                    let answer = service.clone().call(request);
                    async move {
                        Ok::<_, Infallible>(answer.await.unwrap_or_else(|_| unreachable_origin()))
                    }
                }),
            );
        // A connection that breaks is its client's affair.
        tokio::spawn(async move { drop(connection.await) });
    }
}

/// Waits until the process is asked to end, by SIGTERM or from the keyboard.
///
/// # Errors
/// If the system gives no signals.
pub async fn until_asked_to_end() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        pressed = tokio::signal::ctrl_c() => pressed,
    }
}

fn unreachable_origin<B>() -> Response<eaves_cache::tower::CacheBody<B>> {
    let mut response = Response::new(eaves_cache::tower::CacheBody::empty());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}

fn target(uri: &Uri, origin: &Authority) -> Uri {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Uri::builder()
        .scheme("http")
        .authority(origin.clone())
        .path_and_query(path)
        .build()
        .unwrap_or_default()
}
