//! The waiting room in front of a service, in a runtime whose time is paused.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use eaves_common::time::{TokioClock, Wall};
use eaves_ratelimit::{
    adaptive::{Aimd, Bounds, Limiter},
    shed::{Class, Policy, Shed},
    tower::{Busy, ShedFuture, ShedLayer},
};
use http::{Request, Response, StatusCode};
use tokio::time::{Sleep, sleep};
use tower_layer::Layer;
use tower_service::Service;

/// Takes 10 ms for everything and counts how many it has at once.
#[derive(Clone, Default)]
struct Works(Arc<Load>);

#[derive(Default)]
struct Load {
    now: AtomicUsize,
    most: AtomicUsize,
    served: AtomicUsize,
}

impl Service<Request<u8>> for Works {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<String>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<u8>) -> Self::Future {
        let load = Arc::clone(&self.0);
        Box::pin(async move {
            let now = load.now.fetch_add(1, Ordering::Relaxed) + 1;
            load.most.fetch_max(now, Ordering::Relaxed);
            let under_way = UnderWay(&load);
            sleep(Duration::from_millis(10)).await;
            drop(under_way);
            load.served.fetch_add(1, Ordering::Relaxed);
            Ok(Response::new(format!("class {}", request.body())))
        })
    }
}

/// A call under way; dropped, it is not.
struct UnderWay<'a>(&'a Load);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A limit that does not move.
fn pinned(limit: u32) -> Limiter {
    let bounds = Bounds {
        initial: limit,
        min: limit,
        max: limit,
        ..Bounds::default()
    };
    Limiter::new(Aimd::default(), bounds)
}

fn by_body(request: &Request<u8>) -> Class {
    Class::new(*request.body())
}

type Waits = ShedLayer<fn(Duration) -> Sleep, fn(&Request<u8>) -> Class, Busy, TokioClock>;

fn layer(limiter: Limiter, capacity: usize, deadlines: &[u64]) -> Waits {
    let deadlines = deadlines.iter().copied().map(Duration::from_millis);
    let policy = Policy::new(capacity, deadlines).unwrap();
    ShedLayer::new(limiter, policy, sleep as fn(Duration) -> Sleep)
        .classes(by_body as fn(&Request<u8>) -> Class)
        .clock(TokioClock::at(Wall::ZERO))
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_waits_and_is_served_in_turn() {
    let works = Works::default();
    let service = layer(pinned(2), 100, &[1_000]).layer(works.clone());
    let began = tokio::time::Instant::now();
    let calls: Vec<_> = (0..10)
        .map(|_| tokio::spawn(service.clone().call(Request::new(0))))
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().status(), StatusCode::OK);
    }
    assert_eq!(began.elapsed().as_millis() / 10, 5, "five rounds of two");
    assert_eq!(works.0.most.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn the_important_are_served_first_and_the_rest_is_shed_at_its_deadline() {
    let service = layer(pinned(1), 100, &[1_000, 25]).layer(Works::default());
    let call = |class| tokio::spawn(service.clone().call(Request::new(class)));
    let low: Vec<_> = (0..10).map(|_| call(1)).collect();
    tokio::task::yield_now().await;
    let high: Vec<_> = (0..10).map(|_| call(0)).collect();
    for call in high {
        let response = call.await.unwrap().unwrap();
        assert_eq!(
            (response.status().as_u16(), response.body().as_str()),
            (200, "class 0")
        );
    }
    let mut shed = 0;
    for call in low {
        let response = call.await.unwrap().unwrap();
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            assert_eq!(response.headers()["retry-after"], "1");
            shed += 1;
        }
    }
    assert_eq!(shed, 9, "one was under way before the important ones came");
}

#[tokio::test(start_paused = true)]
async fn deadlines_are_kept_while_the_service_hangs() {
    let limiter = pinned(1);
    let held = limiter.try_acquire(eaves_common::time::Mono::ZERO).permit();
    let sorry = |shed: &Shed<()>| Response::new(format!("{} after {:?}", shed.reason, shed.waited));
    let service = layer(limiter.clone(), 100, &[250])
        .dismiss(sorry)
        .layer(Works::default());
    let began = tokio::time::Instant::now();
    let response = service.clone().call(Request::new(0)).await.unwrap();
    let waited = began.elapsed();
    assert!(
        response
            .body()
            .starts_with("waited as long as its class may"),
        "{}",
        response.body()
    );
    assert!(waited <= Duration::from_millis(251), "{waited:?}");
    assert_eq!(
        response.headers()["retry-after"],
        "1",
        "kept whatever the answer is"
    );
    drop(held);
    let response = service.clone().call(Request::new(0)).await.unwrap();
    assert_eq!(response.body(), "class 0");
}

#[tokio::test(start_paused = true)]
async fn a_full_room_refuses_at_once() {
    let service = layer(pinned(1), 2, &[1_000]).layer(Works::default());
    let calls: Vec<_> = (0..5)
        .map(|_| tokio::spawn(service.clone().call(Request::new(0))))
        .collect();
    let mut statuses = Vec::new();
    for call in calls {
        statuses.push(call.await.unwrap().unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 503, 503]);
}

#[tokio::test(start_paused = true)]
async fn clients_that_leave_give_up_their_place_and_their_permit() {
    let works = Works::default();
    let limiter = pinned(1);
    let service = layer(limiter.clone(), 100, &[1_000]).layer(works.clone());
    let call = || Box::pin(service.clone().call(Request::new(0)));
    let (mut served, mut waits, mut last) = (call(), call(), call());
    let poll_once = |future: &mut Pin<Box<ShedFuture<_, _, _, _, _>>>| {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        future.as_mut().poll(&mut cx).is_pending()
    };
    assert!(poll_once(&mut served) && poll_once(&mut waits) && poll_once(&mut last));
    drop(served); // its permit goes to the next, which leaves before it hears of it
    assert_eq!(limiter.inflight(), 1);
    drop(waits);
    assert_eq!(last.await.unwrap().body(), "class 0");
    assert_eq!(limiter.inflight(), 0);
    assert_eq!(works.0.served.load(Ordering::Relaxed), 1);
}

/// Never answers; when it is dropped, it notes how many the limiter counts.
#[derive(Clone)]
struct Lingers(Limiter, Arc<AtomicUsize>);

impl Drop for Lingers {
    fn drop(&mut self) {
        let counted = self.0.inflight() as usize;
        self.1.fetch_max(counted, Ordering::Relaxed);
    }
}

impl Service<Request<u8>> for Lingers {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<String>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<u8>) -> Self::Future {
        let work = self.clone();
        Box::pin(async move {
            std::future::pending::<()>().await;
            drop(work);
            Ok(Response::default())
        })
    }
}

#[test]
fn a_place_is_free_when_the_work_has_ended_and_no_sooner() {
    let (limiter, counted) = (pinned(1), Arc::default());
    let lingers = Lingers(limiter.clone(), Arc::clone(&counted));
    let mut service = layer(limiter.clone(), 100, &[1_000]).layer(lingers);
    let mut call = Box::pin(service.call(Request::new(0)));
    let mut cx = Context::from_waker(std::task::Waker::noop());
    assert!(call.as_mut().poll(&mut cx).is_pending());
    counted.store(0, Ordering::Relaxed);
    drop(call);
    assert_eq!(counted.load(Ordering::Relaxed), 1, "while it was dropped");
    assert_eq!(limiter.inflight(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_forgotten_when_threads_come_and_go() {
    let works = Works::default();
    let policy = Policy::new(1 << 12, [Duration::from_secs(60)]).unwrap();
    let policy = policy.target(Duration::from_secs(60));
    let limiter = pinned(64);
    let service = ShedLayer::new(limiter.clone(), policy, sleep).layer(works.clone());
    let calls: Vec<_> = (0..2_000)
        .map(|at: u64| {
            let call = service.clone().call(Request::new(0));
            tokio::spawn(async move {
                match at % 7 {
                    0 => tokio::time::timeout(Duration::from_millis(at % 40), call)
                        .await
                        .is_ok(),
                    _ => call
                        .await
                        .is_ok_and(|response| response.status() == StatusCode::OK),
                }
            })
        })
        .collect();
    for (at, call) in calls.into_iter().enumerate() {
        assert!(call.await.unwrap() || at % 7 == 0);
    }
    assert_eq!(limiter.inflight(), 0);
    assert!(works.0.most.load(Ordering::Relaxed) <= 64);
}
