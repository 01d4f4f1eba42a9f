//! The layer in front of a service, with strict rules.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use eaves_ratelimit::{
    Limiter, Rule,
    key::{ClientAddress, KeyHasher, Part, Trust},
    redis::{Distributed, DistributionLayer, Engine, OnStoreError, Settings, Store},
    table::Capacity,
    tower::{Denied, RateLimitLayer},
};
use http::{Request, Response, StatusCode};
use tower_layer::Layer as _;
use tower_service::Service;

use crate::redis_server::{Server, installed};

/// Answers everything with `served`.
#[derive(Clone)]
struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new("served".to_owned())))
    }
}

fn layer(store: Store) -> DistributionLayer {
    let rule = Rule::new("login", "2/1h".parse().unwrap(), Capacity::new(64).unwrap()).unwrap();
    let rule = rule
        .key([Part::CLIENT_IP])
        .distributed(Distributed::Strict)
        .on_store_error(OnStoreError::Deny);
    let limiter = Arc::new(Limiter::new([rule], KeyHasher::shared(0x5eed)).unwrap());
    let settings = Settings::new(2).deadline(Duration::from_secs(5));
    let engine = Engine::start(settings, store).unwrap();
    engine.attach(&limiter).unwrap();
    DistributionLayer::new(
        Arc::new(engine),
        limiter,
        ClientAddress::new(Trust::Hops(0)),
    )
}

async fn call<S>(service: &mut S, host: u8) -> Response<String>
where
    S: Service<Request<()>, Response = Response<String>, Error = Infallible>,
{
    let peer = SocketAddr::new([192, 0, 2, host].into(), 4711);
    let request = Request::builder().extension(peer).body(()).unwrap();
    std::future::poll_fn(|cx| service.poll_ready(cx))
        .await
        .unwrap();
    service.call(request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_services_share_a_strict_limit_and_tell_their_clients() {
    if !installed() {
        return;
    }
    let server = Server::start();
    let store = || Store::single(&server.url()).unwrap();
    let mut one = layer(store()).layer(Inner);
    let reject = |denied: &Denied<'_>| {
        let mut response = Response::new(format!("not by {:?}", denied.decision.rule()));
        *response.status_mut() = denied.status();
        response
    };
    let mut other = layer(store()).reject(reject).layer(Inner);
    // Until they are connected they deny, as the rule says.
    for (service, host) in [(0, 250), (1, 251)] {
        let mut tries = 0;
        loop {
            let response = match service {
                0 => call(&mut one, host).await,
                _ => call(&mut other, host).await,
            };
            if response.status().is_success() {
                break;
            }
            tries += 1;
            assert!(tries < 3_000, "no service connects");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let first = call(&mut one, 1).await;
    assert_eq!(first.body(), "served");
    assert!(
        first.headers()["ratelimit"]
            .to_str()
            .unwrap()
            .starts_with("\"login\";r=1;t=")
    );
    assert_eq!(call(&mut other, 1).await.status(), StatusCode::OK);
    let denied = call(&mut other, 1).await;
    assert_eq!(denied.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(denied.body(), "not by Some(\"login\")");
    let after: u64 = denied.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1_700..=1_800).contains(&after), "{after}");
    assert_eq!(call(&mut one, 1).await.body(), "");
}

#[test]
fn a_layer_that_asks_no_store_refuses_strict_rules() {
    let layer = |kind| {
        let rule = Rule::new("login", "2/1h".parse().unwrap(), Capacity::MIN).unwrap();
        let limiter = Limiter::new([rule.distributed(kind)], KeyHasher::shared(0x5eed)).unwrap();
        RateLimitLayer::new(Arc::new(limiter), ClientAddress::new(Trust::Hops(0)))
    };
    assert!(layer(Distributed::Delta).is_ok());
    assert_eq!(
        layer(Distributed::Strict).unwrap_err().to_string(),
        "the rule `login` cannot be distributed without `redis::DistributionLayer`: \
         `RateLimitLayer` asks no store"
    );
}

#[tokio::test]
async fn a_service_without_its_store_does_what_the_rule_says() {
    let mut service = layer(Store::single("redis://127.0.0.1:1").unwrap()).layer(Inner);
    let mut clone = service.clone();
    assert_eq!(
        call(&mut service, 1).await.status(),
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(
        call(&mut clone, 1).await.status(),
        StatusCode::TOO_MANY_REQUESTS
    );
}
