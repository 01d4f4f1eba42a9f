//! [`BalanceLayer`]: makes services.

use std::sync::Arc;

use eaves_common::time::{Clock, SystemClock};
use tower_layer::Layer;

use super::{Balance, BalanceConfig, ByHttp, Classify, balance::Settings};
use crate::{Selector, retry::Retry};

/// Puts a [`Balance`] around a client.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::time::Now;
/// use eaves_health::{
///     Algorithm, Monitor, PoolConfig, retry::{Retry, RetryConfig},
///     tower::{BalanceConfig, BalanceLayer, ByHttp},
/// };
/// use tower_layer::Layer;
///
/// # #[derive(Clone)] struct Client;
/// let monitor = Monitor::new(PoolConfig::new("web"), 1, Now::default()).unwrap();
/// let retry = Retry::new(RetryConfig::default()).unwrap();
/// let layer = BalanceLayer::new(monitor.selector(Algorithm::PeakEwma), retry)
///     .config(BalanceConfig::default().deadline(Duration::from_secs(5)))
///     .classify(ByHttp);
/// let service = layer.layer(Client);
/// assert_eq!(service.counts().requests, 0);
/// ```
#[derive(Clone)]
pub struct BalanceLayer {
    selector: Selector,
    retry: Retry,
    config: BalanceConfig,
    classify: Arc<dyn Classify>,
    clock: Arc<dyn Clock>,
}

impl BalanceLayer {
    /// Balances as HTTP does, by the system's clock and the default limits.
    #[must_use]
    pub fn new(selector: Selector, retry: Retry) -> Self {
        Self {
            selector,
            retry,
            config: BalanceConfig::default(),
            classify: Arc::new(ByHttp),
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets the limits of a request.
    #[must_use]
    pub fn config(mut self, config: BalanceConfig) -> Self {
        self.config = config;
        self
    }

    /// Sets who says what may be sent twice, and what went wrong.
    #[must_use]
    pub fn classify(mut self, classify: impl Classify + 'static) -> Self {
        self.classify = Arc::new(classify);
        self
    }

    /// Sets whose time latencies and deadlines follow; pauses are tokio's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }
}

impl<S> Layer<S> for BalanceLayer {
    type Service = Balance<S>;

    fn layer(&self, inner: S) -> Balance<S> {
        let settings = Settings {
            config: self.config,
            classify: Arc::clone(&self.classify),
            clock: Arc::clone(&self.clock),
        };
        Balance::with(self.selector.clone(), &self.retry, settings, inner)
    }
}

impl std::fmt::Debug for BalanceLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BalanceLayer")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
