//! [`Running`]: the parts of an edge at work, and how a configuration is put into effect.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use eaves_cache::tower::CacheLayer;
use eaves_common::{
    Error, ErrorKind,
    live::{Live, LiveError, Version},
    time::{Clock, Mono, SystemClock},
};
use eaves_ratelimit::{Limiter, key::KeyHasher, rrl::ResponseLimiter};
use tokio_util::sync::CancellationToken;
use tower_layer::Layer as _;

use super::{
    config::{EdgeConfig, FollowSettings},
    dns::TcpCounters,
    front::{Front, FrontCounters, Site},
    http::{ServerCounters, Via},
    limits::Limits,
    names::Names,
    pools::Pools,
    upstream::{Client, Route, Upstream},
};

/// An edge at work, without its sockets.
#[derive(Debug)]
pub struct Running {
    /// The configuration in effect, and those before it.
    pub live: Live<EdgeConfig>,
    /// What answers web requests.
    pub front: Arc<Front>,
    /// What answers DNS queries.
    pub names: Names,
    /// What holds answers over UDP back, if anything does.
    pub response_limit: OnceLock<Arc<ResponseLimiter>>,
    /// What has been kept.
    pub cache: CacheLayer,
    /// What the proxy's listener has seen.
    pub connections: Arc<ServerCounters>,
    /// What the DNS server's listener could not take.
    pub dns_connections: Arc<TcpCounters>,
    /// When it began.
    pub since: Mono,
    pools: Mutex<Pools>,
    /// Ends the tasks that follow pools when a configuration replaces another.
    following: Mutex<CancellationToken>,
}

impl Running {
    /// Puts a first configuration into effect.
    ///
    /// # Errors
    ///
    /// Returns an error if a part refuses what the configuration's checks let pass.
    pub fn start(config: EdgeConfig, cache: CacheLayer) -> Result<Self, Error> {
        let mut pools = Pools::default();
        pools.set(&config.pools)?;
        let site = site(&config, &pools, &cache, None)?;
        let running = Self {
            front: Arc::new(Front {
                via: Via::new(PSEUDONYM),
                site: ArcSwap::from_pointee(site),
                counters: FrontCounters::default(),
            }),
            names: Names::default(),
            response_limit: OnceLock::new(),
            cache,
            connections: Arc::default(),
            dns_connections: Arc::default(),
            since: SystemClock.mono(),
            pools: Mutex::new(pools),
            following: Mutex::default(),
            live: Live::builder(config).check(keeps_sockets).build(),
        };
        running.answer_names(&running.live.load());
        Ok(running)
    }

    /// Replaces the configuration in effect; one that is refused changes nothing.
    ///
    /// # Errors
    ///
    /// Returns why it was refused.
    pub fn replace(&self, config: EdgeConfig) -> Result<Version, LiveError> {
        let old = self.live.load();
        let version = self.live.propose(config.clone())?;
        let applied = self.apply(&config, &old);
        if let Err(error) = applied {
            // Nothing was committed: what was replaced goes back to what the running one says.
            let back = self.apply(&old, &old);
            self.live.withdraw(version)?;
            let reason = back.err().unwrap_or(error);
            return Err(LiveError::Rejected { version, reason });
        }
        self.live.commit(version)?;
        Ok(version)
    }

    /// Returns the running pools.
    pub fn pools(&self) -> MutexGuard<'_, Pools> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply(&self, config: &EdgeConfig, old: &EdgeConfig) -> Result<(), Error> {
        let mut pools = self.pools();
        pools.set(&config.pools)?;
        let limits = self.front.site.load().limits.clone();
        let same =
            config.limits == old.limits && config.proxy.trusted_hops == old.proxy.trusted_hops;
        let site = site(config, &pools, &self.cache, limits.filter(|_| same))?;
        drop(pools);
        self.front.site.store(Arc::new(site));
        self.answer_names(config);
        Ok(())
    }

    /// Answers from the configured zones, and follows pools anew.
    fn answer_names(&self, config: &EdgeConfig) {
        let token = CancellationToken::new();
        let mut following = self
            .following
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        following.cancel();
        *following = token.clone();
        drop(following);
        let Some(dns) = &config.dns else {
            return;
        };
        self.names.replace(dns.zones.clone());
        for follow in &dns.follow {
            self.follow(follow.clone(), token.clone());
        }
    }

    fn follow(&self, settings: FollowSettings, stop: CancellationToken) {
        let Some(mut pool) = self.pools().watch(&settings.pool) else {
            return; // the configuration's checks refuse it
        };
        let names = self.names.clone();
        let update = move |names: &Names, snapshot: &_| {
            if let Err(fault) = names.follow(&settings.follow, snapshot) {
                println!("dns: {} keeps its addresses: {fault}", settings.follow.name);
            }
        };
        update(&names, &pool.borrow_and_update());
        tokio::spawn(async move {
            loop {
                let changed = tokio::select! {
                    () = stop.cancelled() => return,
                    changed = pool.changed() => changed,
                };
                if changed.is_err() {
                    return;
                }
                let snapshot = Arc::clone(&pool.borrow_and_update());
                update(&names, &snapshot);
            }
        });
    }
}

/// How this hop signs in `Via` (RFC 9110 section 7.6.3).
pub const PSEUDONYM: &str = "eaves";

fn site(
    config: &EdgeConfig,
    pools: &Pools,
    cache: &CacheLayer,
    limits: Option<Arc<Limits>>,
) -> Result<Site, Error> {
    let name = &config.proxy.pool;
    let selector = pools.selector(name);
    let selector = selector
        .ok_or_else(|| Error::new(ErrorKind::Invalid, format!("there is no pool `{name}`")))?;
    let pool = config.pools.iter().find(|pool| pool.name() == name);
    let route = Route {
        selector,
        client: Client::new(config.proxy.timeouts),
        via: Via::new(PSEUDONYM),
        forwarded: config.proxy.forwarded(),
        retries: pool.map_or(0, |pool| pool.retries),
    };
    let limits = match limits {
        None if !config.limits.is_empty() => Some(Arc::new(make_limits(config)?)),
        limits => limits,
    };
    Ok(Site {
        limits,
        cache: cache.layer(Upstream::from(route)),
    })
}

fn make_limits(config: &EdgeConfig) -> Result<Limits, Error> {
    let rules = config.limits.iter().map(|limit| limit.0.clone());
    let limiter = Limiter::new(rules, KeyHasher::random())?;
    Ok(Limits::new(limiter, config.proxy.client()))
}

/// Refuses what only a restart can change.
fn keeps_sockets(candidate: &EdgeConfig, running: &EdgeConfig) -> Result<(), Error> {
    let dns = |config: &EdgeConfig| {
        let dns = config.dns.as_ref()?;
        Some((dns.listen, dns.connections, dns.response_limit.clone()))
    };
    let changed = [
        (
            "proxy.listen",
            candidate.proxy.listen != running.proxy.listen,
        ),
        (
            "proxy's limits of connections and heads",
            candidate.proxy.http != running.proxy.http,
        ),
        (
            "dns.listen, dns.max_tcp_connections or dns.response_limit",
            dns(candidate) != dns(running),
        ),
        ("admin.listen", candidate.admin != running.admin),
        ("cache", candidate.cache != running.cache),
    ];
    let names: Vec<_> = changed
        .iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| *name)
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let message = format!(
        "{} cannot change while the edge runs: restart it",
        names.join(", ")
    );
    Err(Error::new(ErrorKind::Conflict, message))
}
