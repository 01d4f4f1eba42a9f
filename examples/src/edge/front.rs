//! [`Front`]: one request from a client, through limiter and cache, to its response.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use arc_swap::ArcSwap;
use eaves_cache::tower::CacheService;
use eaves_common::{Side, time::SystemClock};
use eaves_ratelimit::Hold;
use http::{Request, Response};
use hyper::body::Incoming;
use tower_service::Service as _;

use super::{
    http::{Body, Peer, Via, absolute, boxed, strip_hop_by_hop},
    limits::{Admission, Limits},
    upstream::{Upstream, UpstreamError},
};

/// What all connections of the proxy share.
#[derive(Debug)]
pub struct Front {
    /// How this hop signs.
    pub via: Via,
    /// What a reload may replace.
    pub site: ArcSwap<Site>,
    /// What has been done.
    pub counters: FrontCounters,
}

/// The parts that a request passes, as the running configuration says.
#[derive(Debug)]
pub struct Site {
    /// Limits, if there are any.
    pub limits: Option<Arc<Limits>>,
    /// The cache, with the origins behind it.
    pub cache: CacheService<Upstream>,
}

/// What the proxy has done since its start.
#[derive(Debug, Default)]
pub struct FrontCounters {
    /// Requests that came.
    pub requests: AtomicU64,
    /// Requests that were answered by the limiter.
    pub limited: AtomicU64,
    /// Requests that asked for what is not forwarded.
    pub refused: AtomicU64,
    /// Requests whose clients broke off, or were silent, in the middle of a body.
    pub broken: AtomicU64,
    /// Requests for which no origin gave an answer.
    pub failed: AtomicU64,
}

impl Front {
    /// Answers a request.
    pub async fn answer(&self, mut request: Request<Incoming>) -> Response<Body> {
        self.counters.requests.fetch_add(1, Relaxed);
        if let Err(refusal) = absolute(&mut request) {
            self.counters.refused.fetch_add(1, Relaxed);
            return refusal.response();
        }
        let site = self.site.load_full();
        let (parts, body) = request.into_parts();
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.address.ip());
        let admission = match (&site.limits, peer) {
            (Some(limits), Some(peer)) => limits.admit(peer, &parts, &SystemClock),
            _ => Admission::Pass(http::HeaderMap::new(), Hold::default()),
        };
        let (fields, _under_way) = match admission {
            Admission::Pass(fields, hold) => (fields, hold),
            Admission::Deny(response) => {
                self.counters.limited.fetch_add(1, Relaxed);
                return response;
            }
        };
        let mut response = self.cached(&site, Request::from_parts(parts, body)).await;
        response.headers_mut().extend(fields);
        response
    }

    async fn cached(&self, site: &Site, request: Request<Incoming>) -> Response<Body> {
        match site.cache.clone().call(request).await {
            Ok(response) => {
                let mut response = response.map(boxed);
                let version = response.version();
                strip_hop_by_hop(response.headers_mut());
                self.via.append(version, response.headers_mut());
                response
            }
            Err(error) => self.failure(&error),
        }
    }

    fn failure(&self, error: &UpstreamError) -> Response<Body> {
        let counter = match error.side() {
            Side::Caller => &self.counters.broken,
            Side::Upstream => &self.counters.failed,
        };
        counter.fetch_add(1, Relaxed);
        error.response()
    }
}
