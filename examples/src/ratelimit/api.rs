//! `limit-axum`: an API whose clients are limited, each by its address or its key.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, extract::ConnectInfo, routing::get};
use eaves_common::Error;
use eaves_ratelimit::{
    Limiter, Missing, Rule,
    adaptive::{Bounds, Vegas},
    key::{ClientAddress, KeyHasher, Part, Trust},
    table::Capacity,
    tower::{ConcurrencyLayer, RateLimitLayer},
};
use http::Extensions;

/// Builds the routes behind their limits.
///
/// # Errors
///
/// If a limit cannot be built.
pub fn app() -> Result<Router, Error> {
    let limits = RateLimitLayer::new(Arc::new(limiter()?), ClientAddress::new(Trust::Hops(0)))?;
    // axum keeps the peer in a type of its own.
    let limits = limits.peer(|found: &Extensions| {
        let ConnectInfo(peer) = found.get::<ConnectInfo<SocketAddr>>()?;
        Some(peer.ip())
    });
    let busy = eaves_ratelimit::adaptive::Limiter::new(Vegas::default(), Bounds::default());
    let routes = Router::new()
        .route("/", get(|| async { "welcome\n" }))
        .route("/login", get(|| async { "not so fast\n" }));
    // The last layer is the outermost: who is over a limit takes no place in the service.
    Ok(routes.layer(ConcurrencyLayer::new(busy)).layer(limits))
}

fn limiter() -> Result<Limiter, Error> {
    let capacity = Capacity::new(65_536)?;
    let rule = |name: &str, limit: &str| -> Result<Rule, Error> {
        let limit = limit.parse().map_err(Error::from)?;
        Ok(Rule::new(name, limit, capacity)?)
    };
    let rules = [
        rule("per-client", "60/1m burst 10")?.key([Part::CLIENT_IP]),
        rule("logins", "3/1m")?
            .key([Part::CLIENT_IP])
            .when(["path is /login".parse()?]),
        rule("per-key", "1000/1h")?
            .key(["header.x-api-key".parse()?])
            .missing(Missing::Skip),
    ];
    Ok(Limiter::new(rules, KeyHasher::random())?)
}
