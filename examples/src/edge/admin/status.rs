//! [`Status`]: everything at a glance, as JSON.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use eaves_cache::stats::Snapshot;
use eaves_common::time::{Clock, SystemClock};
use eaves_dns::Rcode;
use eaves_health::monitor::PoolStatus;
use serde::Serialize;

use crate::edge::running::Running;

/// Everything at a glance.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// How long the edge has run.
    pub uptime_seconds: u64,
    /// How many configurations have been in effect.
    pub config_version: String,
    /// What the proxy has done.
    pub proxy: ProxyStatus,
    /// What the cache has done and holds.
    pub cache: CacheStatus,
    /// The limits, and what they decided.
    pub limits: Vec<LimitStatus>,
    /// The pools and their origins.
    pub pools: Vec<PoolStatus>,
    /// What was asked of the zones.
    pub dns: NamesStatus,
}

/// What the proxy has done.
#[derive(Clone, Debug, Serialize)]
pub struct ProxyStatus {
    /// Connections accepted.
    pub connections: u64,
    /// Connections over the limit.
    pub connections_refused: u64,
    /// Connections that ended in garbage, a timeout or a reset.
    pub connections_failed: u64,
    /// Times that a connection could not be accepted for want of descriptors.
    pub connections_not_accepted: u64,
    /// Connections still at work when the time for draining was over.
    pub connections_cut: u64,
    /// Requests that came.
    pub requests: u64,
    /// Requests over a limit.
    pub limited: u64,
    /// Requests for what is not forwarded.
    pub refused: u64,
    /// Requests whose clients broke off, or were silent, in the middle of a body.
    pub broken: u64,
    /// Requests that no origin answered.
    pub failed: u64,
}

/// What the cache has done and holds.
#[derive(Clone, Debug, Serialize)]
pub struct CacheStatus {
    /// Requests answered from it.
    pub hits: u64,
    /// Of them, with what was stale.
    pub stale_hits: u64,
    /// Requests answered with what was stale, since the origin failed.
    pub stale_on_error: u64,
    /// Requests that the origin failed.
    pub origin_errors: u64,
    /// Requests it had nothing for.
    pub misses: u64,
    /// Requests for which the origin was asked whether something still holds.
    pub validations: u64,
    /// Requests that waited for another's answer.
    pub collapsed: u64,
    /// Requests that are not for a cache.
    pub bypasses: u64,
    /// Share of the hits.
    pub hit_ratio: f64,
    /// Responses held.
    pub entries: u64,
    /// What they take.
    pub bytes: u64,
}

/// What a limit decided.
#[derive(Clone, Debug, Serialize)]
pub struct LimitStatus {
    /// Its name.
    pub name: String,
    /// Requests within it.
    pub allowed: u64,
    /// Requests over it.
    pub denied: u64,
    /// Clients that owe something now.
    pub tracked: usize,
    /// Clients that can be told apart.
    pub capacity: usize,
}

/// What was asked of the zones.
#[derive(Clone, Debug, Serialize)]
pub struct NamesStatus {
    /// Queries over UDP.
    pub udp: u64,
    /// Queries over TCP.
    pub tcp: u64,
    /// Connections over the limit.
    pub connections_refused: u64,
    /// Times that a connection could not be accepted for want of descriptors.
    pub connections_not_accepted: u64,
    /// Messages without an answer.
    pub dropped: u64,
    /// Answers that did not fit.
    pub truncated: u64,
    /// Answers by response code.
    pub rcodes: BTreeMap<String, u64>,
    /// Answers over UDP that were held back; nothing if none ever is.
    pub held: Option<HeldStatus>,
}

/// What became of answers over a limit.
#[derive(Clone, Debug, Serialize)]
pub struct HeldStatus {
    /// Those that were dropped.
    pub dropped: u64,
    /// Those that slipped out truncated.
    pub truncated: u64,
}

impl Status {
    /// Reads everything.
    #[must_use]
    pub fn of(running: &Running) -> Self {
        let now = SystemClock.mono();
        Self {
            uptime_seconds: (now - running.since).as_secs(),
            config_version: running.live.version().to_string(),
            proxy: proxy(running),
            cache: cache(&running.cache.stats()),
            limits: limits(running),
            pools: running.pools().status(),
            dns: names(running),
        }
    }

    /// Renders it.
    ///
    /// # Panics
    ///
    /// Never: all of it is numbers and names.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("numbers and names are JSON");
        json.push('\n');
        json
    }

    /// Says in one line what has been done.
    #[must_use]
    pub fn summary(&self) -> String {
        let (proxy, cache) = (&self.proxy, &self.cache);
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        let cut = match proxy.connections_cut {
            0 => String::new(),
            count => format!(", {count} connection{} cut", plural(count)),
        };
        format!(
            "served {} request{} in {} s: {} hit{} ({:.0} %), {} limited, {} failed{cut}; {} DNS answer{}",
            proxy.requests,
            plural(proxy.requests),
            self.uptime_seconds,
            cache.hits,
            plural(cache.hits),
            cache.hit_ratio * 100.0,
            proxy.limited,
            proxy.failed,
            self.dns.udp + self.dns.tcp,
            plural(self.dns.udp + self.dns.tcp),
        )
    }
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Relaxed)
}

fn proxy(running: &Running) -> ProxyStatus {
    let (connections, front) = (&running.connections, &running.front.counters);
    ProxyStatus {
        connections: read(&connections.accepted),
        connections_refused: read(&connections.refused),
        connections_failed: read(&connections.failed),
        connections_not_accepted: read(&connections.not_accepted),
        connections_cut: read(&connections.cut),
        requests: read(&front.requests),
        limited: read(&front.limited),
        refused: read(&front.refused),
        broken: read(&front.broken),
        failed: read(&front.failed),
    }
}

fn cache(stats: &Snapshot) -> CacheStatus {
    CacheStatus {
        hits: stats.hits,
        stale_hits: stats.stale_hits,
        stale_on_error: stats.stale_on_error,
        origin_errors: stats.origin_errors,
        misses: stats.misses,
        validations: stats.validations,
        collapsed: stats.collapsed,
        bypasses: stats.bypasses,
        hit_ratio: stats.hit_ratio(),
        entries: stats.store.entries,
        bytes: stats.store.bytes,
    }
}

fn limits(running: &Running) -> Vec<LimitStatus> {
    let site = running.front.site.load();
    let Some(limits) = &site.limits else {
        return Vec::new();
    };
    let limiter = limits.limiter();
    let now = SystemClock.mono();
    let counts = limiter.counts().zip(limiter.occupancy(now));
    counts
        .map(|(rule, (_, occupancy))| LimitStatus {
            name: rule.rule.to_owned(),
            allowed: rule.counts.allowed,
            denied: rule.counts.denied,
            tracked: occupancy.owing,
            capacity: occupancy.cells,
        })
        .collect()
}

fn names(running: &Running) -> NamesStatus {
    let counters = running.names.counters();
    let connections = &running.dns_connections;
    let rcodes = (0..).zip(&counters.rcodes);
    NamesStatus {
        udp: read(&counters.udp),
        tcp: read(&counters.tcp),
        connections_refused: read(&connections.refused),
        connections_not_accepted: read(&connections.not_accepted),
        dropped: read(&counters.dropped),
        truncated: read(&counters.truncated),
        rcodes: rcodes
            .map(|(rcode, count)| (Rcode(rcode).to_string(), read(count)))
            .filter(|(_, count)| *count > 0)
            .collect(),
        held: running.response_limit.get().map(|limiter| {
            let counts = limiter.counts();
            HeldStatus {
                dropped: counts.dropped,
                truncated: counts.truncated,
            }
        }),
    }
}
