//! [`Handle`]: a running pool.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eaves_common::time::Clock;
use tokio::{
    sync::{Notify, broadcast, watch},
    task::JoinHandle,
};

use super::{
    NameStatus, NamedOrigin, Options, Probed, Prober, Resolve,
    names::Names,
    options::{check_names, check_questions},
    run::Runner,
};
use crate::{
    Algorithm, ConfigError, Monitor, OriginId, PoolConfig, Selector,
    config::Problems,
    monitor::{Event, Fitness, PoolStatus},
    pool::{OriginConfig, Scope, Snapshot},
    state::Vote,
};

/// A running pool. Dropping the handle stops the probes; selectors go on with the last snapshot.
///
/// ```
/// use eaves_health::{Algorithm, PoolConfig, driver, pool::OriginConfig};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let config = PoolConfig::new("web").origin(OriginConfig::new("a", "127.0.0.1:9".parse().unwrap()));
/// let handle = driver::spawn(config).unwrap();
/// let selector = handle.selector(Algorithm::PowerOfTwo);
/// assert!(selector.pick(&[]).is_some());
/// assert_eq!(handle.status().origins.len(), 1);
/// handle.stop().await;
/// # });
/// ```
#[derive(Debug)]
pub struct Handle {
    shared: Arc<Shared>,
    task: Option<JoinHandle<()>>,
    /// For the first subscriber, who wants to miss nothing.
    first: Mutex<Option<broadcast::Receiver<Event>>>,
}

/// What the handle and the task share.
pub(super) struct Shared {
    monitor: Mutex<Monitor>,
    names: Mutex<Names>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) prober: Arc<dyn Prober>,
    pub(super) resolver: Arc<dyn Resolve>,
    /// Wakes the task after the monitor was changed from outside.
    pub(super) changed: Notify,
    pub(super) stopped: Notify,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) findings: broadcast::Sender<Probed>,
    pub(super) available: watch::Sender<Arc<Snapshot>>,
}

/// What a pool is run with.
pub(super) struct Parts {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) prober: Arc<dyn Prober>,
    pub(super) names: Vec<NamedOrigin>,
}

/// Events kept for a subscriber that lags.
const MAX_LAG: usize = 1024;

/// Starts probing a pool by the system's clock.
///
/// # Errors
///
/// [`ConfigError`] lists everything that is wrong with the configuration.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O and time.
pub fn spawn(config: PoolConfig) -> Result<Handle, ConfigError> {
    Options::new().spawn(config)
}

/// Starts probing a pool by another clock; `seed` decides jitter and draws.
///
/// # Errors
///
/// [`ConfigError`] lists everything that is wrong with the configuration.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O and time.
pub fn spawn_with(
    config: PoolConfig,
    clock: Arc<dyn Clock>,
    seed: u64,
) -> Result<Handle, ConfigError> {
    Options::new().clock(clock).seed(seed).spawn(config)
}

pub(super) fn start(config: PoolConfig, seed: u64, parts: Parts) -> Result<Handle, ConfigError> {
    let now = parts.clock.now();
    let names = Names::new(config.origins.clone(), parts.names, now.mono);
    let monitor = Monitor::new(config, seed, now)?;
    let (events, first) = broadcast::channel(MAX_LAG);
    let shared = Arc::new(Shared {
        available: watch::Sender::new(monitor.snapshot()),
        monitor: Mutex::new(monitor),
        names: Mutex::new(names),
        clock: parts.clock,
        prober: parts.prober,
        resolver: parts.resolver,
        changed: Notify::new(),
        stopped: Notify::new(),
        events,
        findings: broadcast::Sender::new(MAX_LAG),
    });
    let task = tokio::spawn(Runner::new(Arc::clone(&shared)).run());
    Ok(Handle {
        shared,
        task: Some(task),
        first: Mutex::new(Some(first)),
    })
}

impl Handle {
    /// Makes a selector for a worker; see [`Monitor::selector`]. A hash table that it is the first to
    /// need is built here, while the pool goes on.
    #[must_use]
    pub fn selector(&self, algorithm: Algorithm) -> Selector {
        let hub = self.shared.monitor().hub_for(algorithm);
        Selector::new(hub, algorithm)
    }

    /// Makes a selector that prefers or keeps to a part of the pool; see [`Monitor::selector_in`].
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if selectors of too many different scopes are in use.
    pub fn selector_in(&self, scope: Scope, algorithm: Algorithm) -> Result<Selector, ConfigError> {
        let (hub, (scope, view)) = {
            let mut monitor = self.shared.monitor();
            (monitor.hub_for(algorithm), monitor.open_view(scope)?)
        };
        self.shared.changed.notify_one();
        Ok(Selector::scoped(hub, algorithm, Some(scope), view))
    }

    /// Takes what was said of an origin's fitness; see [`Monitor::handle_fitness`]. Probes that pass
    /// with a concern, or without it again, say something of it, too; the latest word counts.
    pub fn handle_fitness(&self, id: OriginId, fitness: Fitness) {
        let now = self.shared.clock.now();
        self.shared.monitor().handle_fitness(id, fitness, now);
        self.shared.changed.notify_one();
    }

    /// Takes what another checker says of an origin; see [`Monitor::handle_vote`].
    pub fn handle_vote(&self, id: OriginId, vantage: &str, vote: Vote) {
        let now = self.shared.clock.now();
        self.shared.monitor().handle_vote(id, vantage, vote, now);
        self.shared.changed.notify_one();
    }

    /// Returns the newest snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.monitor().snapshot()
    }

    /// Returns everything a status page shows.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        self.shared.monitor().status()
    }

    /// Subscribes to all that changes; one that lags loses the oldest and is told how many.
    ///
    /// The first subscriber is told all since the pool was started, later ones what happens from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        let first = self
            .first
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        first.unwrap_or_else(|| self.shared.events.subscribe())
    }

    /// Subscribes to what each probe finds; one that lags loses the oldest and is told how many.
    #[must_use]
    pub fn findings(&self) -> broadcast::Receiver<Probed> {
        self.shared.findings.subscribe()
    }

    /// Returns how the names stand that origins were given by.
    #[must_use]
    pub fn names(&self) -> Vec<NameStatus> {
        self.shared.names().status()
    }

    /// Watches whom clients may be sent to: a snapshot comes whenever
    /// [`available`](Snapshot::available) names others than before, at other addresses or weights.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.shared.available.subscribe()
    }

    /// Replaces the members that were given by address, keeping what is known of those that stay; see
    /// [`Monitor::set_origins`]. Those behind [names](NamedOrigin) stay as they are.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] lists what is wrong; the members stay as they were.
    pub fn set_origins(&self, origins: Vec<OriginConfig>) -> Result<(), ConfigError> {
        let mut problems = Problems::default();
        check_questions(&origins, &*self.shared.prober, &mut problems);
        problems.into_result()?;
        let mut names = self.shared.names();
        let now = self.shared.clock.now();
        let members = names.with_fixed(&origins);
        self.shared.monitor().set_origins(members, now)?;
        names.set_fixed(origins);
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Replaces the names that origins are given by; those that stay keep their addresses, and their
    /// origins all that is known of them.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] lists what is wrong; the names stay as they were.
    pub fn set_names(&self, names: Vec<NamedOrigin>) -> Result<(), ConfigError> {
        let mut problems = Problems::default();
        check_names(&names, &*self.shared.prober, &mut problems);
        problems.into_result()?;
        let now = self.shared.clock.now();
        let mut table = self.shared.names();
        let edited = table.with_names(names, now.mono);
        self.shared.monitor().set_origins(edited.origins(), now)?;
        *table = edited;
        self.shared.changed.notify_one();
        Ok(())
    }

    /// Stops probing and waits until nothing runs any more.
    ///
    /// # Cancel safety
    ///
    /// Dropping this future stops the pool all the same, without waiting.
    pub async fn stop(mut self) {
        self.shared.stopped.notify_one();
        if let Some(task) = self.task.take() {
            // The task ends by itself; it cannot be cancelled, and a panic in it was reported already.
            let _ = task.await;
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.stopped.notify_one();
    }
}

impl Shared {
    /// A panic while the lock was held would leave evidence out at worst.
    pub(super) fn monitor(&self) -> MutexGuard<'_, Monitor> {
        self.monitor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be locked before the monitor, never after it.
    pub(super) fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("monitor", &self.monitor)
            .finish_non_exhaustive()
    }
}
