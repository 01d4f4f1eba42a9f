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
    exchange::Lookup,
    key::KeyError,
    policy::{Explanation, RequestHead},
    purge::{Purge, Purges, Receipt},
    stats::Snapshot,
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
        let len = entry.and_then(|entry| entry.content.len());
        let policy = &self.shared.config.policy;
        let mut told = policy.explain(request, selected.head(), len, self.shared.now());
        if self.shared.flights.is_under_way(&selected) {
            told.prepend(
                "flight",
                "another request for the same is under way".to_owned(),
                "RFC 9111 section 4",
            );
        }
        if selected.key() != &key || selected.is_vary_miss() {
            told.prepend(
                "variant",
                "selected by what the stored responses vary on".to_owned(),
                "RFC 9111 section 4.1",
            );
        }
        told.prepend("key", key.to_string(), "RFC 9111 section 2");
        Ok(Some(told))
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
