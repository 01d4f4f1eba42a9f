//! `edge proxy`: a caching reverse proxy that does what the standards say, and nothing else.

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use arc_swap::ArcSwap;
use eaves_cache::tower::CacheLayer;
use eaves_common::time::{Clock, SystemClock};
use eaves_health::{Algorithm, Monitor, PoolConfig, pool::OriginConfig};
use http::Uri;
use tokio_util::sync::CancellationToken;
use tower_layer::Layer as _;

use super::{Ending, fail, ports};
use crate::edge::{
    front::{Front, FrontCounters, Site},
    http::{HttpLimits, ServerCounters, Via, serve},
    keep,
    running::PSEUDONYM,
    upstream::{Client, Forwarded, Route, Timeouts, Upstream},
};

/// Forwards to origins that take turns, until it is told to end.
pub(super) async fn proxy(listen: SocketAddr, to: &[String]) -> ExitCode {
    let mut pool = PoolConfig::new("to");
    for (at, url) in to.iter().enumerate() {
        match origin(url).await {
            Ok(address) => pool = pool.origin(OriginConfig::new(format!("{at} {url}"), address)),
            Err(message) => return fail(format!("--to {url}: {message}")),
        }
    }
    // Nobody probes: without evidence all origins stay in, and take turns.
    let monitor = match Monitor::new(pool, 0, SystemClock.now()) {
        Ok(monitor) => monitor,
        Err(error) => return fail(error),
    };
    let route = Route {
        selector: monitor.selector(Algorithm::RoundRobin),
        client: Client::new(Timeouts::default()),
        via: Via::new(PSEUDONYM),
        forwarded: Forwarded::Keep,
        retries: 0,
    };
    let cache = CacheLayer::new(keep::standards_only());
    let site = Site {
        limits: None,
        cache: cache.layer(Upstream::from(route)),
    };
    serve_site(listen, site).await
}

async fn serve_site(listen: SocketAddr, site: Site) -> ExitCode {
    let listener = match ports::tcp(listen, ports::Taken::Refuse).await {
        Ok(listener) => listener,
        Err(error) => return fail(error),
    };
    let ending = match Ending::take() {
        Ok(ending) => ending,
        Err(error) => return fail(error),
    };
    let address = listener.local_addr().unwrap_or(listen);
    let front = Arc::new(Front {
        via: Via::new(PSEUDONYM),
        site: ArcSwap::from_pointee(site),
        counters: FrontCounters::default(),
    });
    let handler = move |request| {
        let front = Arc::clone(&front);
        async move { front.answer(request).await }
    };
    let stop = CancellationToken::new();
    let counters = Arc::new(ServerCounters::default());
    let serving = serve(
        listener,
        HttpLimits::default(),
        counters,
        handler,
        stop.clone(),
    );
    println!("proxy   http://{address}/\nready");
    let serving = tokio::spawn(serving);
    ending.asked().await;
    stop.cancel();
    let _ = serving.await;
    ExitCode::SUCCESS
}

/// Finds the address behind `http://host:port`.
async fn origin(url: &str) -> Result<SocketAddr, String> {
    const EXAMPLE: &str = "write for example http://127.0.0.1:8000";
    let uri: Uri = url.parse().map_err(|error| format!("{error}; {EXAMPLE}"))?;
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => return Err(format!("TLS to origins is not offered; {EXAMPLE}")),
        _ => return Err(format!("it has no scheme; {EXAMPLE}")),
    }
    if uri.path() != "/" || uri.query().is_some() {
        return Err(format!("a path does not belong here; {EXAMPLE}"));
    }
    let host = uri
        .host()
        .ok_or_else(|| format!("it has no host; {EXAMPLE}"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(80);
    let mut found = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| error.to_string())?;
    found
        .next()
        .ok_or_else(|| "the name has no address".to_owned())
}
