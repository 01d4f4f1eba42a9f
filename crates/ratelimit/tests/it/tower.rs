//! The layer in front of a service.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use eaves_common::time::{ManualClock, Wall};
use eaves_ratelimit::{
    Limiter, Missing, Rule,
    adaptive::{Aimd, Bounds, Full},
    key::{ClientAddress, KeyHasher, Part, Trust},
    meter::Algorithm,
    table::Capacity,
    tower::{ConcurrencyLayer, Denied, RateLimitLayer},
};
use http::{Extensions, Request, Response, StatusCode};
use tower_layer::Layer;
use tower_service::Service;

/// Answers everything with `served`, and counts.
#[derive(Clone, Default)]
struct Inner(Arc<AtomicUsize>);

impl Service<Request<()>> for Inner {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        self.0.fetch_add(1, Ordering::Relaxed);
        ready(Ok(Response::new("served".to_owned())))
    }
}

fn limiter() -> Arc<Limiter> {
    let rule = Rule::new(
        "client",
        "2/1m".parse().unwrap(),
        Capacity::new(64).unwrap(),
    )
    .unwrap();
    let rule = rule.key([Part::CLIENT_IP]).missing(Missing::Deny);
    Arc::new(Limiter::new([rule], KeyHasher::with_seed(1)).unwrap())
}

fn direct() -> ClientAddress {
    ClientAddress::new(Trust::Hops(0))
}

fn from(peer: &str) -> Request<()> {
    let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
    Request::builder().extension(peer).body(()).unwrap()
}

/// Calls a service whose future is ready at once.
fn call<S>(service: &mut S, request: Request<()>) -> Response<String>
where
    S: Service<Request<()>, Response = Response<String>, Error = Infallible>,
{
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    match pin!(service.call(request)).poll(&mut cx) {
        Poll::Ready(Ok(response)) => response,
        Poll::Pending => panic!("nothing to wait for"),
    }
}

#[test]
fn clones_share_the_limit_and_denials_never_reach_the_service() {
    let inner = Inner::default();
    let clock = ManualClock::at(Wall::ZERO);
    let layer = RateLimitLayer::new(limiter(), direct())
        .unwrap()
        .clock(clock.clone());
    let mut one = layer.layer(inner.clone());
    let mut other = one.clone();
    let passed = call(&mut one, from("192.0.2.1"));
    assert_eq!(
        (passed.status(), passed.body().as_str()),
        (StatusCode::OK, "served")
    );
    assert_eq!(passed.headers()["ratelimit"], "\"client\";r=1;t=30");
    assert_eq!(call(&mut other, from("192.0.2.1")).status(), StatusCode::OK);

    let denied = call(&mut one, from("192.0.2.1"));
    assert_eq!(
        (denied.status(), denied.body().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "")
    );
    assert_eq!(denied.headers()["retry-after"], "30");
    assert_eq!(denied.headers()["ratelimit-policy"], "\"client\";q=2;w=60");
    assert_eq!(inner.0.load(Ordering::Relaxed), 2);

    clock.advance(Duration::from_secs(30));
    assert_eq!(call(&mut one, from("192.0.2.1")).status(), StatusCode::OK);
}

#[test]
fn a_customised_answer_keeps_the_fields() {
    let reject = |denied: &Denied<'_>| {
        let mut response = Response::new(format!("over {}", denied.decision.rule().unwrap()));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response
    };
    let layer = RateLimitLayer::new(limiter(), direct())
        .unwrap()
        .reject(reject);
    let mut service = layer.layer(Inner::default());
    for _ in 0..2 {
        assert_eq!(call(&mut service, from("192.0.2.1")).body(), "served");
    }
    let denied = call(&mut service, from("192.0.2.1"));
    assert_eq!(
        (denied.status().as_u16(), denied.body().as_str()),
        (503, "over client")
    );
    assert!(denied.headers().contains_key("retry-after"));
}

#[test]
fn a_grpc_call_is_told_in_its_own_words() {
    let mut service = RateLimitLayer::new(limiter(), direct())
        .unwrap()
        .layer(Inner::default());
    let grpc = || {
        let mut request = from("192.0.2.1");
        let kind = "application/grpc+proto".parse().unwrap();
        request.headers_mut().insert("content-type", kind);
        request
    };
    for _ in 0..2 {
        assert_eq!(call(&mut service, grpc()).body(), "served");
    }
    let denied = call(&mut service, grpc());
    assert_eq!(
        (denied.status(), denied.body().as_str()),
        (StatusCode::OK, "")
    );
    assert_eq!(denied.headers()["grpc-status"], "8");
    assert_eq!(denied.headers()["content-type"], "application/grpc");
    assert_eq!(denied.headers()["retry-after"], "30");
}

#[test]
fn the_client_is_found_behind_proxies_and_without_an_address_the_rule_decides() {
    let by_ip = |found: &Extensions| found.get::<IpAddr>().copied();
    let layer = RateLimitLayer::new(limiter(), ClientAddress::new(Trust::Hops(1)))
        .unwrap()
        .peer(by_ip);
    let mut service = layer.layer(Inner::default());
    let mut status = |forwarded: Option<&str>| {
        let mut request = Request::builder().extension::<IpAddr>("10.0.0.1".parse().unwrap());
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", forwarded);
        }
        call(&mut service, request.body(()).unwrap())
            .status()
            .as_u16()
    };
    assert_eq!([Some("192.0.2.1"); 3].map(&mut status), [200, 200, 429]);
    assert_eq!(status(Some("192.0.2.1, 192.0.2.2")), 200);
    assert_eq!([None, Some("pigeon")].map(&mut status), [400, 400]);
}

/// Answers when told to, with the status it is told.
#[derive(Clone, Default)]
struct Slow(Arc<std::sync::Mutex<Option<StatusCode>>>);

impl Service<Request<()>> for Slow {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Self;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        self.clone()
    }
}

impl Future for Slow {
    type Output = Result<Response<String>, Infallible>;

    fn poll(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(status) = *self.0.lock().unwrap() else {
            return Poll::Pending;
        };
        let mut response = Response::new(String::new());
        *response.status_mut() = status;
        Poll::Ready(Ok(response))
    }
}

fn bounds(limit: u32) -> Bounds {
    Bounds {
        initial: limit,
        min: 1,
        max: limit,
        ..Bounds::default()
    }
}

#[test]
fn requests_over_an_adaptive_limit_are_refused_and_those_under_way_come_back() {
    let slow = Slow::default();
    let limiter = eaves_ratelimit::adaptive::Limiter::new(Aimd::default(), bounds(2));
    let mut service = ConcurrencyLayer::new(limiter.clone()).layer(slow.clone());
    let mut cx = Context::from_waker(Waker::noop());
    let mut one = Box::pin(service.call(from("192.0.2.1")));
    let other = service.call(from("192.0.2.1"));
    assert!(one.as_mut().poll(&mut cx).is_pending());
    let refused = call(&mut service, from("192.0.2.1"));
    assert_eq!((refused.status().as_u16(), limiter.inflight()), (503, 2));
    assert_eq!(refused.headers()["retry-after"], "1");

    drop(other); // the client went away
    assert_eq!(limiter.inflight(), 1);
    *slow.0.lock().unwrap() = Some(StatusCode::OK);
    assert!(one.as_mut().poll(&mut cx).is_ready());
    assert_eq!(limiter.inflight(), 0);
}

#[test]
fn a_service_that_answers_503_is_given_less() {
    let slow = Slow(Arc::new(std::sync::Mutex::new(Some(
        StatusCode::SERVICE_UNAVAILABLE,
    ))));
    let clock = ManualClock::at(Wall::ZERO);
    let limiter = eaves_ratelimit::adaptive::Limiter::new(Aimd::default(), bounds(100));
    let refuse = |full: &Full| Response::new(full.to_string());
    let layer = ConcurrencyLayer::new(limiter.clone())
        .clock(clock.clone())
        .refuse(refuse);
    let mut service = layer.layer(slow);
    for _ in 0..500 {
        clock.advance(Duration::from_millis(10));
        assert_eq!(call(&mut service, from("192.0.2.1")).status().as_u16(), 503);
    }
    assert!(limiter.limit() < 50, "{}", limiter.limit());
}

#[test]
fn a_request_is_under_way_until_its_head_is_there_or_its_future_is_dropped() {
    let rule = Rule::new("at-once", "1/1s".parse().unwrap(), Capacity::MIN).unwrap();
    let rule = rule.algorithm(Algorithm::Concurrency);
    let limiter = Limiter::new([rule], KeyHasher::with_seed(1)).unwrap();
    let layer = RateLimitLayer::new(Arc::new(limiter), direct()).unwrap();
    let mut service = layer.layer(Inner::default());
    let mut other = service.clone();
    let waiting = service.call(from("192.0.2.1"));
    let denied = call(&mut other, from("192.0.2.2"));
    assert_eq!(denied.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(denied.headers()["retry-after"], "1");
    drop(waiting);
    let first = call(&mut other, from("192.0.2.1"));
    assert_eq!(first.status(), StatusCode::OK, "a place was given back");
    let second = call(&mut other, from("192.0.2.1"));
    assert_eq!(second.status(), StatusCode::OK, "and again at the head");
}

#[cfg(feature = "calendar")]
#[test]
fn a_quota_by_the_calendar_goes_by_the_date_of_the_layer_s_clock() {
    let rule = Rule::new("daily", "2/1d".parse().unwrap(), Capacity::MIN).unwrap();
    let rule = rule
        .algorithm(Algorithm::Calendar)
        .zone("UTC".parse().unwrap());
    let limiter = Arc::new(Limiter::new([rule], KeyHasher::with_seed(1)).unwrap());
    let clock = ManualClock::at(Wall::from_secs(1_700_006_390)); // ten seconds before midnight
    let layer = RateLimitLayer::new(limiter, direct()).unwrap();
    let mut service = layer.clock(clock.clone()).layer(Inner::default());
    let mut ask = || call(&mut service, from("192.0.2.1"));
    let statuses = [(); 3].map(|()| ask().status().as_u16());
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(ask().headers()["retry-after"], "10");
    clock.advance(Duration::from_secs(10));
    assert_eq!(ask().status(), StatusCode::OK);
    clock.set_wall(Wall::from_secs(1_700_092_800)); // the date is corrected by a day
    let statuses = [(); 3].map(|()| ask().status().as_u16());
    assert_eq!(statuses, [200, 200, 429]);
}
