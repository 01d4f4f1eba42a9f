//! [`DistributionLayer`]: strict rules in front of a service.

use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, Request, Response, request};
use tower_layer::Layer;
use tower_service::Service;

use super::Engine;
use crate::{
    Hold, Limiter,
    key::{ClientAddress, Facts},
    tower::{Peer, Reject, SocketPeer, Standard, answer},
};

/// Puts a limiter with an engine in front of a service: as
/// [`RateLimitLayer`](crate::tower::RateLimitLayer) does, but that strict rules ask the store.
///
/// A request waits for the store at most until the engine's deadline, and only if a strict rule applies
/// that does not deny already.
///
/// ```
/// use std::sync::Arc;
/// use eaves_ratelimit::{Limiter, Rule, key::{ClientAddress, KeyHasher, Trust}, table::Capacity};
/// use eaves_ratelimit::redis::{Distributed, DistributionLayer, Engine, Settings, Store};
/// use tower_layer::Layer;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let rule = Rule::new("login", "5/1m".parse()?, Capacity::MIN)?.distributed(Distributed::Strict);
/// let limiter = Arc::new(Limiter::new([rule], KeyHasher::shared(0x5eed))?);
/// let engine = Engine::start(Settings::new(3), Store::single("redis://127.0.0.1:6379")?)?;
/// engine.attach(&limiter)?;
/// let clients = ClientAddress::new(Trust::Hops(0));
/// let layer = DistributionLayer::new(Arc::new(engine), limiter, clients);
/// let service = layer.layer("any tower service of HTTP requests");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DistributionLayer<P = SocketPeer, R = Standard>(Arc<Gate<P, R>>);

/// A service behind a distributed limiter, made by a [`DistributionLayer`].
///
/// ```
/// use eaves_ratelimit::redis::Distribution;
///
/// # fn service<S>(_: Option<Distribution<S>>) {}
/// ```
#[derive(Debug)]
pub struct Distribution<S, P = SocketPeer, R = Standard> {
    inner: S,
    gate: Arc<Gate<P, R>>,
}

/// What decides about requests.
struct Gate<P, R> {
    engine: Arc<Engine>,
    limiter: Limiters,
    clients: ClientAddress,
    peer: P,
    reject: R,
}

type Limiters = Arc<dyn Fn() -> Arc<Limiter> + Send + Sync>;

impl DistributionLayer {
    /// Makes a layer that finds peers in `SocketAddr` extensions and rejects with an empty answer.
    #[must_use]
    pub fn new(engine: Arc<Engine>, limiter: Arc<Limiter>, clients: ClientAddress) -> Self {
        Self::reloaded(engine, move || Arc::clone(&limiter), clients)
    }

    /// Makes a layer that asks for the limiter of the moment with each request. Whoever puts another in its
    /// place [attaches](Engine::attach) that before.
    #[must_use]
    pub fn reloaded(
        engine: Arc<Engine>,
        limiter: impl Fn() -> Arc<Limiter> + Send + Sync + 'static,
        clients: ClientAddress,
    ) -> Self {
        Self(Arc::new(Gate {
            engine,
            limiter: Arc::new(limiter),
            clients,
            peer: SocketPeer,
            reject: Standard,
        }))
    }
}

impl<P: Clone, R: Clone> DistributionLayer<P, R> {
    /// Finds peers another way, such as in axum's `ConnectInfo`.
    #[must_use]
    pub fn peer<Q: Peer>(self, peer: Q) -> DistributionLayer<Q, R> {
        let gate = &*self.0;
        DistributionLayer(Arc::new(Gate {
            engine: Arc::clone(&gate.engine),
            limiter: Arc::clone(&gate.limiter),
            clients: gate.clients.clone(),
            reject: gate.reject.clone(),
            peer,
        }))
    }

    /// Answers denied requests another way; the fields are kept.
    #[must_use]
    pub fn reject<Q>(self, reject: Q) -> DistributionLayer<P, Q> {
        let gate = &*self.0;
        DistributionLayer(Arc::new(Gate {
            engine: Arc::clone(&gate.engine),
            limiter: Arc::clone(&gate.limiter),
            clients: gate.clients.clone(),
            peer: gate.peer.clone(),
            reject,
        }))
    }
}

impl<P, R> Clone for DistributionLayer<P, R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Clone, P, R> Clone for Distribution<S, P, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            gate: Arc::clone(&self.gate),
        }
    }
}

impl<S, P, R> Layer<S> for DistributionLayer<P, R> {
    type Service = Distribution<S, P, R>;

    fn layer(&self, inner: S) -> Self::Service {
        let gate = Arc::clone(&self.0);
        Distribution { inner, gate }
    }
}

impl<P: Peer, R> Gate<P, R> {
    /// Decides about a request: the fields of its response, or the answer in its place.
    async fn admit<D>(&self, request: &request::Parts) -> Result<(HeaderMap, Hold), Response<D>>
    where
        R: Reject<D>,
    {
        let peer = self.peer.of(&request.extensions);
        let client = peer.and_then(|peer| self.clients.find(peer, &request.headers).ok());
        let facts = Facts::default().request(request);
        let facts = client.map_or(facts, |client| facts.sent_by(client));
        let limiter = (self.limiter)();
        let decision = self.engine.check(&limiter, &facts, 1).await;
        let fields = answer(&decision, &request.headers, &self.reject)?;
        Ok((fields, limiter.hold(&facts, 1)))
    }
}

impl<S, P, R, B, D> Service<Request<B>> for Distribution<S, P, R>
where
    S: Service<Request<B>, Response = Response<D>> + Clone + Send + 'static,
    S::Future: Send,
    P: Peer + Send + Sync + 'static,
    R: Reject<D> + Send + Sync + 'static,
    B: Send + 'static,
    D: Send + 'static,
{
    type Response = Response<D>;
    type Error = S::Error;
    type Future = DistributionFuture<D, S::Error>;

    /// As ready as the inner service.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that was polled ready is the one that is called.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        let gate = Arc::clone(&self.gate);
        DistributionFuture(Box::pin(async move {
            let (parts, body) = request.into_parts();
            let (fields, _under_way) = match gate.admit(&parts).await {
                Ok(passes) => passes,
                Err(response) => return Ok(response),
            };
            let mut response = inner.call(Request::from_parts(parts, body)).await?;
            response.headers_mut().extend(fields);
            Ok(response)
        }))
    }
}

/// The future of a [`Distribution`].
///
/// # Cancel safety
///
/// A request whose future is dropped stays counted by the rules that have counted it.
///
/// ```
/// use eaves_ratelimit::redis::DistributionFuture;
///
/// # fn future<D, E>(_: Option<DistributionFuture<D, E>>) {}
/// ```
pub struct DistributionFuture<D, E>(Answer<D, E>);

type Answer<D, E> = Pin<Box<dyn Future<Output = Result<Response<D>, E>> + Send>>;

impl<D, E> Future for DistributionFuture<D, E> {
    type Output = Result<Response<D>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<D, E> fmt::Debug for DistributionFuture<D, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DistributionFuture").finish_non_exhaustive()
    }
}

impl<P, R> fmt::Debug for Gate<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("engine", &self.engine)
            .field("clients", &self.clients)
            .finish_non_exhaustive()
    }
}
