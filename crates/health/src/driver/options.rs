//! [`Options`]: what a pool is run with.

use std::sync::Arc;

use eaves_common::time::{Clock, SystemClock};

use super::{
    Handle, NamedOrigin, Prober, Resolve, Sockets, SystemResolver,
    handle::{Parts, start},
};
use crate::{PoolConfig, config::Problems, error::ConfigError, pool::OriginConfig, probe::Check};

/// What a pool is run with.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use eaves_common::time::SystemClock;
/// use eaves_health::{PoolConfig, driver::{NamedOrigin, Options}, probe::Check};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let handle = Options::new()
///     .clock(Arc::new(SystemClock))
///     .seed(7)
///     .name(NamedOrigin::new("api", "localhost", 8080).interval(Duration::from_secs(10)))
///     .spawn(PoolConfig::new("web").check(Check::http("/healthz")))?;
/// handle.stop().await;
/// # Ok::<(), eaves_health::ConfigError>(())
/// # }).unwrap();
/// ```
#[must_use = "nothing runs until it is spawned"]
pub struct Options {
    clock: Arc<dyn Clock>,
    seed: Option<u64>,
    resolver: Arc<dyn Resolve>,
    prober: Option<Arc<dyn Prober>>,
    names: Vec<NamedOrigin>,
}

impl Options {
    /// The system's clock and resolver, and probes by [`Sockets`].
    pub fn new() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            seed: None,
            resolver: Arc::new(SystemResolver),
            prober: None,
            names: Vec::new(),
        }
    }

    /// Sets whose time the monitor follows; the driver sleeps by tokio's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets what decides jitter and draws; without it, chance does.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets who looks up names.
    pub fn resolver(mut self, resolver: Arc<dyn Resolve>) -> Self {
        self.resolver = resolver;
        self
    }

    /// Sets who asks.
    pub fn prober(mut self, prober: Arc<dyn Prober>) -> Self {
        self.prober = Some(prober);
        self
    }

    /// Adds an origin that is given by name.
    pub fn name(mut self, name: NamedOrigin) -> Self {
        self.names.push(name);
        self
    }

    /// Starts looking up names and probing.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] lists everything that is wrong with the configuration, questions included
    /// that the prober cannot ask without another feature.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    pub fn spawn(self, config: PoolConfig) -> Result<Handle, ConfigError> {
        let chance =
            || std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), &config.name);
        let seed = self.seed.unwrap_or_else(chance);
        let prober = self.prober.unwrap_or_else(|| {
            let (clock, resolver) = (Arc::clone(&self.clock), Arc::clone(&self.resolver));
            Arc::new(Sockets::new(clock, resolver))
        });
        let mut problems = Problems::default();
        check_question(&config.check, "check", &*prober, &mut problems);
        check_questions(&config.origins, &*prober, &mut problems);
        for (at, name) in self.names.iter().enumerate() {
            name.check(&format!("names[{at}]"), &mut problems);
            if let Some(check) = &name.template.check {
                check_question(
                    check,
                    &format!("names[{at}].check"),
                    &*prober,
                    &mut problems,
                );
            }
        }
        problems.into_result()?;
        start(
            config,
            seed,
            Parts {
                clock: self.clock,
                resolver: self.resolver,
                prober,
                names: self.names,
            },
        )
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("seed", &self.seed)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// Notes which origins cannot be asked.
pub(super) fn check_questions(
    origins: &[OriginConfig],
    prober: &dyn Prober,
    problems: &mut Problems,
) {
    for (at, origin) in origins.iter().enumerate() {
        if let Some(check) = &origin.check {
            check_question(check, &format!("origins[{at}].check"), prober, problems);
        }
    }
}

fn check_question(check: &Check, path: &str, prober: &dyn Prober, problems: &mut Problems) {
    if let Some(feature) = prober.lacks(&check.question) {
        let kind = check.question.kind();
        problems.add(
            format!("{path}.question"),
            format!("a {kind} probe needs the feature `{feature}`, turn it on"),
        );
    }
}
