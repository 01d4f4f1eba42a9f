//! [`CacheLayer`]: puts a cache around services.

use core::fmt;
use std::sync::Arc;

use http::Uri;
use tower_layer::Layer;

use super::{CacheConfig, CacheService, shared::Shared};
use crate::{
    key::KeyError,
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
    pub(super) shared: Arc<Shared>,
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

    /// Publishes every reason and what the store has counted through the recorder of the `metrics` facade, labelled with a
    /// name for this cache; reasons are `eaves_cache_reasons_total`, told apart by the label `reason`.
    ///
    /// Counters are set to what was counted so far: call it from time to time.
    #[cfg(feature = "metrics")]
    #[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
    pub fn publish(&self, cache: &'static str) {
        self.shared.counters.publish(cache);
        self.shared.config.store.stats().publish(cache);
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
