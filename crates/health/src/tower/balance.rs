//! [`Balance`]: the service.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use eaves_common::time::{Clock, SystemClock};
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::{
    AnswerBody, BalanceConfig, BalanceError, ByHttp, Classify, Counts, SendBody, drive::drive,
    shared::Shared,
};
use crate::{Selector, retry::Retry};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Sends each request to an origin of a pool, and to another if that is allowed and helps.
///
/// Clones share the selector's board and a retry worker: give each thread a service of its own.
///
/// # Cancel safety
///
/// Dropping the future of a call drops its attempts; the monitor hears that they were cancelled,
/// which is nobody's fault.
///
/// ```
/// use std::convert::Infallible;
/// use bytes::Bytes;
/// use eaves_common::time::Now;
/// use eaves_health::{
///     Algorithm, Monitor, PoolConfig, pool::OriginConfig,
///     retry::{Retry, RetryConfig}, tower::{Balance, Picked, SendBody, Served},
/// };
/// use http::{Request, Response};
/// use http_body_util::Empty;
/// use tower::{Service, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let config = PoolConfig::new("web").origin(OriginConfig::new("a", "192.0.2.1:80".parse().unwrap()));
/// let monitor = Monitor::new(config, 1, Now::default()).unwrap();
/// let client = service_fn(async |request: Request<SendBody<Empty<Bytes>>>| {
///     assert_eq!(request.uri(), "http://192.0.2.1:80/page");
///     Ok::<_, Infallible>(Response::new(()))
/// });
/// let retry = Retry::new(RetryConfig::default()).unwrap();
/// let mut service = Balance::new(monitor.selector(Algorithm::PowerOfTwo), &retry, client);
///
/// let request = Request::get("http://www.example/page").body(Empty::new()).unwrap();
/// let response = service.ready().await.unwrap().call(request).await.unwrap();
/// assert_eq!(response.extensions().get::<Served>().unwrap().attempts, 1);
/// # });
/// ```
#[derive(Clone)]
pub struct Balance<S> {
    shared: Arc<Shared>,
    inner: S,
}

impl<S> Balance<S> {
    /// Balances as HTTP does, by the system's clock and the default limits.
    pub fn new(selector: Selector, retry: &Retry, inner: S) -> Self {
        let settings = Settings {
            config: BalanceConfig::default(),
            classify: Arc::new(ByHttp),
            clock: Arc::new(SystemClock),
        };
        Self::with(selector, retry, settings, inner)
    }

    pub(super) fn with(selector: Selector, retry: &Retry, settings: Settings, inner: S) -> Self {
        let seed = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
        let Settings {
            config,
            classify,
            clock,
        } = settings;
        let worker = retry.worker(seed);
        let shared = Shared::new(selector, worker, classify, clock, config);
        Self {
            shared: Arc::new(shared),
            inner,
        }
    }

    /// Returns what has been done so far by this service and its clones.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.counts()
    }
}

/// What a service does but sending.
pub(super) struct Settings {
    pub(super) config: BalanceConfig,
    pub(super) classify: Arc<dyn Classify>,
    pub(super) clock: Arc<dyn Clock>,
}

impl<S, B, R> Service<Request<B>> for Balance<S>
where
    S: Service<Request<SendBody<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    R: Send + 'static,
{
    type Response = Response<AnswerBody<R>>;
    type Error = BalanceError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BalanceError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BalanceError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (shared, inner) = (Arc::clone(&self.shared), self.inner.clone());
        Box::pin(async move { drive(&shared, inner, request).await })
    }
}

impl<S> std::fmt::Debug for Balance<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Balance")
            .field("config", &self.shared.config)
            .field("counts", &self.shared.counts())
            .finish_non_exhaustive()
    }
}
