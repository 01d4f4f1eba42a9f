//! Which metrics there are, and what they mean.

use super::{Status, metrics::Family};
use crate::edge::running::Running;

/// Reads all metrics.
pub(super) fn families(running: &Running) -> Vec<Family> {
    let status = Status::of(running);
    let mut families = edge(&status);
    families.extend(cache(&status));
    families.extend(limits(&status));
    families.extend(names(&status));
    families.extend(health(&status));
    families
}

fn edge(status: &Status) -> Vec<Family> {
    let proxy = &status.proxy;
    vec![
        Family::gauge(
            "eaves_edge_uptime_seconds",
            "How long the edge has run",
            status.uptime_seconds as f64,
        ),
        Family::counter(
            "eaves_edge_connections",
            "Connections accepted",
            proxy.connections,
        ),
        Family::counter(
            "eaves_edge_connections_refused",
            "Connections over the limit",
            proxy.connections_refused,
        ),
        Family::counter(
            "eaves_edge_connections_failed",
            "Connections that ended in garbage, a timeout or a reset",
            proxy.connections_failed,
        ),
        Family::counter(
            "eaves_edge_connections_not_accepted",
            "Times that a connection could not be accepted for want of descriptors",
            proxy.connections_not_accepted,
        ),
        Family::counter("eaves_edge_requests", "Requests that came", proxy.requests),
        Family::counter(
            "eaves_edge_requests_broken",
            "Requests whose clients broke off in the middle of a body",
            proxy.broken,
        ),
        Family::counter(
            "eaves_edge_requests_refused",
            "Requests for what is not forwarded",
            proxy.refused,
        ),
        Family::counter(
            "eaves_edge_requests_failed",
            "Requests that no origin answered",
            proxy.failed,
        ),
    ]
}

fn cache(status: &Status) -> Vec<Family> {
    let cache = &status.cache;
    let results = [
        ("hit", cache.hits),
        ("miss", cache.misses),
        ("validation", cache.validations),
        ("bypass", cache.bypasses),
    ];
    let results = results.map(|(result, count)| (vec![("result", result.to_owned())], count));
    vec![
        Family::counters(
            "eaves_cache_requests",
            "Requests by what the cache did for them",
            results.to_vec(),
        ),
        Family::counter(
            "eaves_cache_stale_hits",
            "Requests answered with what was stale",
            cache.stale_hits,
        ),
        Family::counter(
            "eaves_cache_stale_on_error",
            "Requests answered with what was stale, since the origin failed",
            cache.stale_on_error,
        ),
        Family::counter(
            "eaves_cache_origin_errors",
            "Requests that the origin failed",
            cache.origin_errors,
        ),
        Family::counter(
            "eaves_cache_collapsed",
            "Requests that waited for another's answer",
            cache.collapsed,
        ),
        Family::gauge(
            "eaves_cache_entries",
            "Responses held",
            cache.entries as f64,
        ),
        Family::gauge(
            "eaves_cache_size_bytes",
            "What they take",
            cache.bytes as f64,
        ),
    ]
}

fn limits(status: &Status) -> Vec<Family> {
    let mut decisions = Vec::new();
    let mut tracked = Vec::new();
    for limit in &status.limits {
        let rule = || ("rule", limit.name.clone());
        for (decision, count) in [("allow", limit.allowed), ("deny", limit.denied)] {
            decisions.push((vec![rule(), ("decision", decision.to_owned())], count));
        }
        tracked.push((vec![rule()], limit.tracked as f64));
    }
    vec![
        Family::counters(
            "eaves_ratelimit_decisions",
            "Requests by decision",
            decisions,
        ),
        Family::gauges(
            "eaves_ratelimit_tracked_keys",
            "Clients that owe something now",
            tracked,
        ),
    ]
}

fn names(status: &Status) -> Vec<Family> {
    let dns = &status.dns;
    let transports = [("udp", dns.udp), ("tcp", dns.tcp)];
    let queries = transports.map(|(name, count)| (vec![("transport", name.to_owned())], count));
    let answers = dns.rcodes.iter();
    let answers = answers.map(|(rcode, count)| (vec![("rcode", rcode.clone())], *count));
    let held = dns.held.iter().flat_map(|held| {
        [("drop", held.dropped), ("truncate", held.truncated)]
            .map(|(action, count)| (vec![("action", action.to_owned())], count))
    });
    let held = Family::counters(
        "eaves_ratelimit_dns_answers_held",
        "Answers over a limit",
        held.collect(),
    );
    let families = vec![
        Family::counters("eaves_dns_queries", "Messages that came", queries.to_vec()),
        Family::counters(
            "eaves_dns_answers",
            "Answers by response code",
            answers.collect(),
        ),
        Family::counter(
            "eaves_dns_connections_refused",
            "Connections over the limit",
            dns.connections_refused,
        ),
        Family::counter(
            "eaves_dns_connections_not_accepted",
            "Times that a connection could not be accepted for want of descriptors",
            dns.connections_not_accepted,
        ),
        Family::counter(
            "eaves_dns_dropped",
            "Messages without an answer",
            dns.dropped,
        ),
        Family::counter(
            "eaves_dns_truncated",
            "Answers that did not fit",
            dns.truncated,
        ),
    ];
    let limited = dns.held.is_some();
    families
        .into_iter()
        .chain(limited.then_some(held))
        .collect()
}

fn health(status: &Status) -> Vec<Family> {
    let mut healthy = Vec::new();
    let mut in_flight = Vec::new();
    let mut probes = Vec::new();
    for pool in &status.pools {
        probes.push((vec![("pool", pool.name.clone())], pool.probes));
        for origin in &pool.origins {
            let labels = vec![("pool", pool.name.clone()), ("origin", origin.name.clone())];
            let up = if origin.standing.is_healthy() {
                1.0
            } else {
                0.0
            };
            healthy.push((labels.clone(), up));
            in_flight.push((labels, f64::from(origin.in_flight)));
        }
    }
    vec![
        Family::counters("eaves_health_probes", "Probes sent", probes),
        Family::gauges(
            "eaves_health_origin_healthy",
            "Whether it is healthy",
            healthy,
        ),
        Family::gauges(
            "eaves_health_origin_in_flight_requests",
            "Requests on their way",
            in_flight,
        ),
    ]
}
