//! `limit-hyper`: a hyper service whose clients are limited, and wait while it is busy.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use eaves_ratelimit::{
    Limiter, Rule,
    adaptive::{Bounds, Gradient2},
    key::{ClientAddress, KeyHasher, Part, Trust},
    shed::{Class, Policy},
    table::Capacity,
    tower::{RateLimitLayer, ShedLayer},
};
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::net::TcpListener;
use tower_layer::Layer as _;

/// Serves greetings until the listener fails.
///
/// # Errors
///
/// If a limit cannot be built, or no connection can be accepted any more.
pub async fn serve(listener: TcpListener) -> Result<(), Box<dyn std::error::Error>> {
    let rule = Rule::new(
        "per-client",
        "60/1m burst 10".parse()?,
        Capacity::new(65_536)?,
    )?;
    let limiter = Limiter::new([rule.key([Part::CLIENT_IP])], KeyHasher::random())?;
    let limits = RateLimitLayer::new(Arc::new(limiter), ClientAddress::new(Trust::Hops(0)))?;

    let busy = eaves_ratelimit::adaptive::Limiter::new(Gradient2::default(), Bounds::default());
    let policy = Policy::new(1_000, [1_000, 100].map(Duration::from_millis))?;
    let room = ShedLayer::new(busy, policy, tokio::time::sleep).classes(class);

    // Who is over a limit takes no place in the waiting room.
    let service = limits.layer(room.layer(tower::service_fn(greet)));
    loop {
        let (stream, peer) = listener.accept().await?;
        let service = service.clone();
        let with_peer = move |mut request: Request<Incoming>| {
            request.extensions_mut().insert::<SocketAddr>(peer);
            tower_service::Service::call(&mut service.clone(), request)
        };
        let service = TowerToHyperService::new(tower::service_fn(with_peer));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            let _ = connection.await; // a client that leaves is none of our business
        });
    }
}

/// Visitors before crawlers.
fn class(request: &Request<Incoming>) -> Class {
    let agent = request.headers().get(http::header::USER_AGENT);
    let is_crawler = agent.is_some_and(|agent| agent.as_bytes().ends_with(b"bot"));
    Class::new(u8::from(is_crawler))
}

async fn greet(_: Request<Incoming>) -> Result<Response<String>, Infallible> {
    Ok(Response::new("welcome\n".to_owned()))
}
