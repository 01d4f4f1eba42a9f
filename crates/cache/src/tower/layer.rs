//! [`CacheLayer`]: puts a cache around services.

use core::{
    fmt,
    task::{Context, Poll, Waker},
};
use std::sync::Arc;

use http::Uri;
use tower_layer::Layer;

use super::{
    CacheConfig, CacheService,
    shared::{Search, Shared},
};
use crate::{
    exchange::{FlightState, Lookup, Selected},
    key::KeyError,
    policy::{Collapse, Decision, Explanation, RequestHead},
    purge::{Purge, Purges, Receipt},
    stats::Snapshot,
    status::Reason,
};

/// A cache that can be put around any number of services; clones share it.
///
/// ```
/// use eaves_cache::tower::{CacheConfig, CacheLayer, RequestBody};
/// use http::{Request, Response, header::CACHE_CONTROL};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # type Error = Box<dyn std::error::Error>;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let origin = service_fn(|_: Request<RequestBody<String>>| async {
///     Response::builder().header(CACHE_CONTROL, "max-age=60").body("hello".to_owned())
/// });
/// let service = CacheLayer::new(CacheConfig::default()).layer(origin);
/// let request = || Request::get("http://a.example/").body(String::new());
/// let first = service.clone().oneshot(request()?).await?;
/// let body = http_body_util::BodyExt::collect(first.into_body()).await?;
/// assert_eq!(body.to_bytes(), "hello");
/// let second = service.clone().oneshot(request()?).await?;
/// assert_eq!(second.headers()["cache-status"], "eaves; hit; ttl=60");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CacheLayer {
    shared: Arc<Shared>,
}

impl CacheLayer {
    /// Makes a cache.
    #[must_use]
    pub fn new(config: CacheConfig) -> Self {
        Self {
            shared: Arc::new(Shared::new(config)),
        }
    }

    /// Returns what the cache has done so far and what it holds.
    #[must_use]
    pub fn stats(&self) -> Snapshot {
        self.shared
            .counters
            .snapshot(self.shared.config.store.stats())
    }

    /// Returns every reason with how often it was given so far: one for each request, and beside it one where an answer
    /// was not kept or the origin failed. Their [labels](Reason::label) are those of a metric.
    pub fn reasons(&self) -> impl Iterator<Item = (Reason, u64)> {
        Reason::all().map(|reason| (reason, self.shared.counters.given(reason)))
    }

    /// Tells what would be done about a request now, and why: its key, the stored response it selects, the sum of its
    /// freshness. It asks nobody and changes nothing but the order in which the store evicts.
    ///
    /// Returns `None` if the store does not answer at once.
    ///
    /// # Errors
    /// If the request names no host.
    pub fn explain(&self, request: RequestHead<'_>) -> Result<Option<Explanation>, KeyError> {
        let key = self.shared.config.keys.key(request)?;
        let keys = &self.shared.config.keys;
        let mut search = Search::new(Lookup::under(keys, key.clone(), request));
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready((selected, entry)) = search.poll(&self.shared, request, &mut cx) else {
            return Ok(None);
        };
        let len = entry.as_ref().and_then(|entry| entry.content.len());
        let policy = &self.shared.config.policy;
        let mut told = policy.explain(request, selected.head(), len, self.shared.now());
        if let Some(step) = self.flight(&selected, told.decision()) {
            told.prepend("flight", step.to_owned(), "RFC 9111 section 4");
        }
        if let Some(found) = selected.stored_as(len) {
            told.prepend("store", found, "RFC 9111 section 3.3");
        }
        if let Some(variant) = selected.variant() {
            told.prepend("variant", variant, "RFC 9111 section 4.1");
        }
        told.prepend("key", key.to_string(), "RFC 9111 section 2");
        Ok(Some(told))
    }

    /// Whether the request would wait for another's answer, as far as it would ask the origin at all.
    fn flight(&self, selected: &Selected, decision: &Decision) -> Option<&'static str> {
        let asks = match decision {
            Decision::Validate { .. } => true,
            Decision::Miss { collapse } => *collapse == Collapse::Yes,
            _ => false,
        };
        let now = self.shared.now().mono;
        match self.shared.flights.state(selected, now) {
            FlightState::UnderWay => Some("another request for the same is under way"),
            FlightState::Unshared if asks => {
                Some("its answers could not be shared lately: it would not wait")
            }
            FlightState::None if asks => Some("nobody asks for the same: others would wait for it"),
            _ => None,
        }
    }

    /// Removes what is stored for an absolute URI, all variants of it; says whether anything was. Fetches that
    /// are under way are not kept.
    ///
    /// # Errors
    /// If the URI is not absolute.
    pub fn purge(&self, uri: &Uri) -> Result<bool, KeyError> {
        let key = self.shared.config.keys.key_of_uri(uri)?;
        Ok(self.apply(&Purge::url(key)).removed())
    }

    /// Purges. Nothing that was asked for before is served to who asks after this returns, and the answers to requests
    /// that are under way to the origin reach only those who wait for them already.
    pub fn apply(&self, purge: &Purge) -> Receipt {
        self.shared.purge(purge)
    }

    /// Returns the table of purges, which other caches may share.
    #[must_use]
    pub fn purges(&self) -> &Arc<Purges> {
        &self.shared.purges
    }
}

impl<S> Layer<S> for CacheLayer {
    type Service = CacheService<S>;

    fn layer(&self, inner: S) -> CacheService<S> {
        CacheService::new(inner, self.shared.clone())
    }
}

impl fmt::Debug for CacheLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheLayer")
            .field("config", &self.shared.config)
            .finish()
    }
}
