//! [`RateLimitLayer`] and the service it makes.

use std::task::{Context, Poll};

use eaves_common::time::{Clock, SystemClock};
use http::{HeaderMap, Request, Response, header::CONTENT_TYPE};
use tower_layer::Layer;
use tower_service::Service;

use super::{Denied, Peer, Reject, ResponseFuture, SocketPeer, Source, Standard};
use crate::{
    BuildError, Decision, Hold,
    key::{ClientAddress, Facts},
};

/// Puts a limiter in front of a service.
///
/// The client's address is found by a [`ClientAddress`] from the connection's [`Peer`]. If none is
/// found, each rule's [`Missing`](crate::Missing) decides. Responses of the inner service carry the
/// `RateLimit` fields too. Services of one layer, and their clones, share its limiter if `L` is
/// shared, such as an `Arc<Limiter>`. A request is under way, for rules of concurrency, until the inner
/// service has answered with a head.
///
/// ```
/// use std::sync::Arc;
/// use eaves_ratelimit::{Limiter, Rule, table::Capacity, tower::RateLimitLayer};
/// use eaves_ratelimit::key::{ClientAddress, KeyHasher, Part, Trust};
/// use tower_layer::Layer;
///
/// let rule = Rule::new("per-client", "100/1m burst 20".parse()?, Capacity::new(65_536)?)?;
/// let limiter = Limiter::new([rule.key([Part::CLIENT_IP])], KeyHasher::random())?;
/// let layer = RateLimitLayer::new(Arc::new(limiter), ClientAddress::new(Trust::Hops(0)))?;
/// let service = layer.layer("any tower service of HTTP requests");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RateLimitLayer<L, P = SocketPeer, R = Standard, C = SystemClock> {
    source: L,
    clients: ClientAddress,
    peer: P,
    reject: R,
    clock: C,
}

/// A service behind a limiter, made by a [`RateLimitLayer`].
///
/// ```
/// use std::sync::Arc;
/// use eaves_ratelimit::{Limiter, tower::RateLimit};
///
/// type Limited<S> = RateLimit<S, Arc<Limiter>>;
/// # fn service<S>(_: Option<Limited<S>>) {}
/// ```
#[derive(Clone, Debug)]
pub struct RateLimit<S, L, P = SocketPeer, R = Standard, C = SystemClock> {
    inner: S,
    layer: RateLimitLayer<L, P, R, C>,
}

impl<L: Source> RateLimitLayer<L> {
    /// Makes a layer that finds peers in `SocketAddr` extensions and rejects with an empty answer.
    ///
    /// # Errors
    ///
    /// If a rule of the limiter has to ask a store, which only `redis::DistributionLayer` does. Such a
    /// rule in a limiter that takes its place later decides as if the store were gone.
    pub fn new(source: L, clients: ClientAddress) -> Result<Self, BuildError> {
        #[cfg(feature = "redis")]
        source.load().check_asks_nobody()?;
        Ok(Self {
            source,
            clients,
            peer: SocketPeer,
            reject: Standard,
            clock: SystemClock,
        })
    }
}

impl<L, P, R, C> RateLimitLayer<L, P, R, C> {
    /// Finds peers another way, such as in axum's `ConnectInfo`.
    #[must_use]
    pub fn peer<Q: Peer>(self, peer: Q) -> RateLimitLayer<L, Q, R, C> {
        let Self {
            source,
            clients,
            reject,
            clock,
            ..
        } = self;
        RateLimitLayer {
            source,
            clients,
            peer,
            reject,
            clock,
        }
    }

    /// Answers denied requests another way; the fields are kept.
    #[must_use]
    pub fn reject<Q>(self, reject: Q) -> RateLimitLayer<L, P, Q, C> {
        let Self {
            source,
            clients,
            peer,
            clock,
            ..
        } = self;
        RateLimitLayer {
            source,
            clients,
            peer,
            reject,
            clock,
        }
    }

    /// Reads time from another clock than `SystemClock`: a check takes half as long by
    /// `eaves_common::time::CounterClock`, and a third by a `CoarseClock` or a `TickedClock`.
    #[must_use]
    pub fn clock<D: Clock>(self, clock: D) -> RateLimitLayer<L, P, R, D> {
        let Self {
            source,
            clients,
            peer,
            reject,
            ..
        } = self;
        RateLimitLayer {
            source,
            clients,
            peer,
            reject,
            clock,
        }
    }
}

impl<L: Source, P: Peer, R, C: Clock> RateLimitLayer<L, P, R, C> {
    /// Decides about a request: the fields of its response, or the answer in its place.
    fn admit<B, D>(&self, request: &Request<B>) -> Result<(HeaderMap, Hold), Response<D>>
    where
        R: Reject<D>,
    {
        let peer = self.peer.of(request.extensions());
        let client = peer.and_then(|peer| self.clients.find(peer, request.headers()).ok());
        let facts = Facts::default().head(request.method(), request.uri(), request.headers());
        let facts = client.map_or(facts, |client| facts.sent_by(client));
        let limiter = self.source.load();
        let decision = limiter.check(&facts, limiter.time_by(&self.clock));
        let fields = answer(&decision, request.headers(), &self.reject)?;
        Ok((fields, limiter.hold(&facts, 1)))
    }
}

impl<S, L: Clone, P: Clone, R: Clone, C: Clone> Layer<S> for RateLimitLayer<L, P, R, C> {
    type Service = RateLimit<S, L, P, R, C>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimit {
            inner,
            layer: self.clone(),
        }
    }
}

impl<S, L, P, R, C, B, D> Service<Request<B>> for RateLimit<S, L, P, R, C>
where
    S: Service<Request<B>, Response = Response<D>>,
    L: Source,
    P: Peer,
    R: Reject<D>,
    C: Clock,
{
    type Response = Response<D>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, D>;

    /// As ready as the inner service: a limit makes nobody wait.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.layer.admit(&request) {
            Ok((fields, hold)) => ResponseFuture::passing(self.inner.call(request), fields, hold),
            Err(response) => ResponseFuture::rejected(response),
        }
    }
}

/// What a decision makes of a request of these headers: the fields of its response, or the answer in
/// its place.
pub(crate) fn answer<D>(
    decision: &Decision<'_>,
    request: &HeaderMap,
    reject: &impl Reject<D>,
) -> Result<HeaderMap, Response<D>> {
    let mut fields = HeaderMap::new();
    decision.write_headers(&mut fields);
    if decision.is_allowed() {
        return Ok(fields);
    }
    let denied = Denied {
        decision,
        is_grpc: is_grpc(request),
    };
    let mut response = reject.reject(&denied);
    response.headers_mut().extend(fields);
    Err(response)
}

/// Whether a request is a gRPC call.
fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}
