//! The balancing service: who is asked, how often, and with what.

use std::{
    convert::Infallible,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use eaves_common::time::{Clock, Now, TokioClock, Wall};
use eaves_health::{
    Algorithm, Monitor, PoolConfig,
    monitor::Standing,
    pool::OriginConfig,
    probe::Verdict,
    retry::{BudgetConfig, Cause, HedgeConfig, Idempotency, Retry, RetryConfig},
    tower::{
        Balance, BalanceConfig, BalanceError, BalanceLayer, Key, Picked, Place, SendBody, Served,
    },
};
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full, StreamBody};
use tower::{Layer, Service, ServiceExt, service_fn};

type Body = Full<Bytes>;

/// What an origin does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Manner {
    Answer(u16),
    Hang,
    Refuse,
    Reset,
    Slow(Duration),
}

/// The origins by port, and the bodies that they got.
#[derive(Clone, Debug, Default)]
struct Origins {
    manners: Arc<Mutex<Vec<Manner>>>,
    got: Arc<Mutex<Vec<(u16, Bytes)>>>,
}

impl Origins {
    fn new(manners: &[Manner]) -> Self {
        Self {
            manners: Arc::new(Mutex::new(manners.to_vec())),
            got: Arc::default(),
        }
    }

    fn got(&self) -> Vec<(u16, Bytes)> {
        std::mem::take(&mut self.got.lock().unwrap())
    }

    async fn answer<B>(self, request: Request<SendBody<B>>) -> io::Result<Response<&'static str>>
    where
        B: http_body::Body<Data = Bytes>,
        B::Error: std::fmt::Debug,
    {
        let port = request.extensions().get::<Picked>().unwrap().addr.port();
        let manner = self.manners.lock().unwrap()[usize::from(port)];
        if manner == Manner::Refuse {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let body = request.into_body().collect().await.unwrap().to_bytes();
        self.got.lock().unwrap().push((port, body));
        match manner {
            Manner::Answer(status) => answer(status),
            Manner::Slow(pause) => {
                tokio::time::sleep(pause).await;
                answer(200)
            }
            Manner::Hang => std::future::pending().await,
            Manner::Refuse | Manner::Reset => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }
}

fn answer(status: u16) -> io::Result<Response<&'static str>> {
    let status = StatusCode::from_u16(status).unwrap();
    Ok(Response::builder().status(status).body("hello").unwrap())
}

/// A pool whose origins stand at the ports 0, 1, ... and take turns.
fn pool(count: usize) -> Monitor {
    let origin = |port| OriginConfig::new(format!("o{port}"), ([192, 0, 2, 1], port).into());
    let config = PoolConfig::new("test").origins((0..count as u16).map(origin));
    let mut monitor = Monitor::new(config, 1, Now::default()).unwrap();
    while let Some(probe) = monitor.poll_probe() {
        let latency = Duration::from_millis(1);
        monitor.handle_probe(probe.id, &Verdict::Pass { latency }, Now::default());
    }
    monitor
}

fn layer(monitor: &Monitor, retry: RetryConfig) -> BalanceLayer {
    let clock = TokioClock::at(Wall::ZERO);
    assert_eq!(clock.now().wall, Wall::ZERO);
    let selector = monitor.selector(Algorithm::RoundRobin);
    BalanceLayer::new(selector, Retry::new(retry).unwrap()).clock(Arc::new(clock))
}

macro_rules! balance {
    ($layer:expr, $origins:expr) => {{
        let origins = $origins.clone();
        $layer.layer(service_fn(move |request| origins.clone().answer(request)))
    }};
}

fn request(method: Method, body: &'static str) -> Request<Body> {
    let request = Request::builder()
        .method(method)
        .uri("http://www.example/page");
    request.body(Full::from(body)).unwrap()
}

fn served<B>(response: &Response<B>) -> (u16, Option<Cause>) {
    let served = response.extensions().get::<Served>().unwrap();
    (served.attempts, served.because)
}

#[tokio::test(start_paused = true)]
async fn what_may_be_repeated_is_sent_to_another_origin_with_its_body() {
    use Manner::{Answer, Refuse, Reset};
    for (bad, method, passes) in [
        (Refuse, Method::GET, true),
        (Refuse, Method::POST, true),
        (Reset, Method::PUT, true),
        (Reset, Method::POST, false),
        (Answer(503), Method::PUT, true),
        (Answer(503), Method::POST, false),
        (Answer(500), Method::PUT, false),
    ] {
        let origins = Origins::new(&[bad, Answer(200)]);
        let monitor = pool(2);
        let mut balance = balance!(layer(&monitor, RetryConfig::default()), origins);
        let mut statuses = Vec::new();
        for _ in 0..2 {
            let answer = balance
                .ready()
                .await
                .unwrap()
                .call(request(method.clone(), "words"))
                .await;
            statuses.push(answer.map_or(0, |response| response.status().as_u16()));
        }
        let good = statuses.iter().filter(|&&status| status == 200).count();
        assert_eq!(
            good,
            1 + usize::from(passes),
            "{bad:?} {method}: {statuses:?}"
        );
        assert!(
            origins.got().iter().all(|(_, body)| body == "words"),
            "{bad:?} {method}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_extension_says_more_than_the_method() {
    let origins = Origins::new(&[Manner::Reset, Manner::Answer(200)]);
    let monitor = pool(2);
    let balance = balance!(layer(&monitor, RetryConfig::default()), origins);
    for (idempotency, failures) in [
        (Idempotency::Idempotent, 0),
        (Idempotency::NotIdempotent, 1),
    ] {
        let mut failed = 0;
        for _ in 0..2 {
            let mut request = request(Method::POST, "");
            request.extensions_mut().insert(idempotency);
            failed += usize::from(balance.clone().oneshot(request).await.is_err());
        }
        assert_eq!(failed, failures, "{idempotency:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_of_unknown_length_is_streamed_once() {
    let origins = Origins::new(&[Manner::Reset, Manner::Answer(200)]);
    let monitor = pool(2);
    let balance = balance!(layer(&monitor, RetryConfig::default()), origins);
    let mut failed = 0;
    for _ in 0..2 {
        let frames =
            ["a", "b"].map(|text| Ok::<_, Infallible>(http_body::Frame::data(Bytes::from(text))));
        let body = StreamBody::new(Frames(frames.into()));
        let request = Request::put("/").body(body).unwrap();
        failed += usize::from(balance.clone().oneshot(request).await.is_err());
    }
    assert_eq!(failed, 1, "the one that met the bad origin first");
    assert!(origins.got().iter().all(|(_, body)| body == "ab"));
}

/// Frames that are all there.
struct Frames(std::collections::VecDeque<Result<http_body::Frame<Bytes>, Infallible>>);

impl futures_core::Stream for Frames {
    type Item = Result<http_body::Frame<Bytes>, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.pop_front())
    }
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_hangs_is_left_at_the_limit() {
    let origins = Origins::new(&[Manner::Hang]);
    let monitor = pool(1);
    let limit = Duration::from_secs(2);
    let config = BalanceConfig::default().attempt_timeout(limit);
    let balance = balance!(
        layer(&monitor, RetryConfig::default()).config(config),
        origins
    );
    let error = balance.oneshot(request(Method::GET, "")).await.unwrap_err();
    assert!(
        matches!(error, BalanceError::Timeout(after) if after == limit),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_hedged_and_the_first_one_counts() {
    let fast = Manner::Slow(Duration::from_millis(10));
    let origins = Origins::new(&[fast, fast]);
    let mut monitor = pool(2);
    let hedge = HedgeConfig::default()
        .min_samples(32)
        .delay(Duration::from_millis(5), Duration::from_secs(1));
    let balance = balance!(
        layer(&monitor, RetryConfig::default().hedge(hedge)),
        origins
    );
    for _ in 0..64 {
        balance
            .clone()
            .oneshot(request(Method::GET, ""))
            .await
            .unwrap();
    }
    assert_eq!(balance.counts().hedges, 0);
    origins.manners.lock().unwrap()[0] = Manner::Slow(Duration::from_secs(10));
    let began = tokio::time::Instant::now();
    let mut causes = Vec::new();
    for _ in 0..2 {
        let response = balance
            .clone()
            .oneshot(request(Method::GET, ""))
            .await
            .unwrap();
        causes.push(served(&response).1);
    }
    causes.sort_by_key(Option::is_some);
    assert_eq!(causes, [None, Some(Cause::Late)]);
    assert!(
        began.elapsed() < Duration::from_millis(100),
        "{:?}",
        began.elapsed()
    );
    let counts = balance.counts();
    assert_eq!((counts.hedges, counts.hedges_won, counts.failed), (1, 1, 0));
    let now = Now::default();
    monitor.handle_traffic(now);
    let status = monitor.status();
    assert!(
        status
            .origins
            .iter()
            .all(|origin| origin.in_flight == 0 && origin.standing == Standing::Healthy)
    );
}

#[tokio::test(start_paused = true)]
async fn a_post_is_not_hedged() {
    let fast = Manner::Slow(Duration::from_millis(10));
    let origins = Origins::new(&[fast, fast]);
    let monitor = pool(2);
    let hedge = HedgeConfig::default().min_samples(32);
    let balance = balance!(
        layer(&monitor, RetryConfig::default().hedge(hedge)),
        origins
    );
    for _ in 0..64 {
        balance
            .clone()
            .oneshot(request(Method::POST, ""))
            .await
            .unwrap();
    }
    *origins.manners.lock().unwrap() = vec![Manner::Slow(Duration::from_secs(1)); 2];
    balance
        .clone()
        .oneshot(request(Method::POST, ""))
        .await
        .unwrap();
    assert_eq!(balance.counts().hedges, 0);
}

#[tokio::test(start_paused = true)]
async fn the_budget_ends_a_storm_of_retries() {
    let origins = Origins::new(&[Manner::Answer(503); 3]);
    let monitor = pool(3);
    let budget = BudgetConfig::default();
    let balance = balance!(
        layer(&monitor, RetryConfig::default().budget(budget)),
        origins
    );
    for _ in 0..1000 {
        let response = balance
            .clone()
            .oneshot(request(Method::GET, ""))
            .await
            .unwrap();
        assert_eq!(
            response.status(),
            503,
            "the caller gets the answer that there is"
        );
    }
    let counts = balance.counts();
    assert_eq!((counts.requests, counts.failed), (1000, 1000));
    // A fifth, and the reserve of ten a second for ten seconds.
    assert!((100..=300).contains(&counts.retries), "{counts:?}");
    assert_eq!(counts.retries + counts.over_budget, 1000);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_from_somebody_who_fails() {
    let origins = Origins::new(&[Manner::Refuse]);
    let balance = balance!(layer(&pool(0), RetryConfig::default()), origins);
    let error = balance.oneshot(request(Method::GET, "")).await.unwrap_err();
    assert!(matches!(error, BalanceError::NoOrigin));
    let monitor = pool(1);
    let balance = balance!(layer(&monitor, RetryConfig::default()), origins);
    let error = balance.oneshot(request(Method::GET, "")).await.unwrap_err();
    assert!(matches!(error, BalanceError::Inner(_)), "{error}");
    let error: eaves_common::Error = error.into();
    assert_eq!(error.kind(), eaves_common::ErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn errors_reach_the_monitor() {
    let origins = Origins::new(&[Manner::Reset, Manner::Answer(200), Manner::Answer(200)]);
    let mut monitor = pool(3);
    let balance = balance!(layer(&monitor, RetryConfig::default()), origins);
    for _ in 0..60 {
        balance
            .clone()
            .oneshot(request(Method::GET, ""))
            .await
            .unwrap();
        monitor.handle_traffic(Now::default());
    }
    assert_eq!(monitor.status().origins[0].standing, Standing::Ejected);
    origins.got();
    for _ in 0..10 {
        balance
            .clone()
            .oneshot(request(Method::GET, ""))
            .await
            .unwrap();
    }
    assert!(origins.got().iter().all(|(port, _)| *port != 0));
}

#[tokio::test(start_paused = true)]
async fn the_place_is_told_as_the_client_wants_it() {
    let monitor = pool(1);
    for (place, uri, host, version) in [
        (
            Place::Authority,
            "http://192.0.2.1:0/page?q",
            Some("www.example"),
            Version::HTTP_11,
        ),
        (
            Place::Extension,
            "http://www.example/page?q",
            None,
            Version::HTTP_10,
        ),
    ] {
        let seen = Arc::new(Mutex::new(None));
        let client = {
            let seen = Arc::clone(&seen);
            service_fn(move |request: Request<SendBody<Body>>| {
                let host = request
                    .headers()
                    .get("host")
                    .map(|host| host.to_str().unwrap().to_owned());
                let seen_now = (request.uri().to_string(), host, request.version());
                *seen.lock().unwrap() = Some(seen_now);
                async { Ok::<_, Infallible>(Response::new(())) }
            })
        };
        let config = BalanceConfig::default().place(place);
        let balance = layer(&monitor, RetryConfig::default())
            .config(config)
            .layer(client);
        let request = Request::get("http://www.example/page?q")
            .version(Version::HTTP_10)
            .body(Body::default())
            .unwrap();
        balance.oneshot(request).await.unwrap();
        let expected = (uri.to_owned(), host.map(str::to_owned), version);
        assert_eq!(seen.lock().unwrap().take(), Some(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_stays_where_it_is() {
    let origins = Origins::new(&[Manner::Answer(200); 5]);
    let monitor = pool(5);
    let retry = Retry::new(RetryConfig::default()).unwrap();
    let client = {
        let origins = origins.clone();
        service_fn(move |request| origins.clone().answer(request))
    };
    let balance = Balance::new(monitor.selector(Algorithm::Maglev), &retry, client);
    for key in 0..20 {
        for _ in 0..5 {
            let mut request = request(Method::GET, "");
            request.extensions_mut().insert(Key(key << 40));
            balance.clone().oneshot(request).await.unwrap();
        }
        let got = origins.got();
        assert!(
            got.iter().all(|(port, _)| *port == got[0].0),
            "{key}: {got:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_is_nobodys_fault() {
    let origins = Origins::new(&[Manner::Hang]);
    let mut monitor = pool(1);
    let balance = balance!(layer(&monitor, RetryConfig::default()), origins);
    for _ in 0..20 {
        let call = balance.clone().oneshot(request(Method::GET, ""));
        let ended = tokio::time::timeout(Duration::from_millis(10), call).await;
        assert!(ended.is_err());
    }
    monitor.handle_traffic(Now::default());
    let origin = &monitor.status().origins[0];
    assert_eq!((origin.in_flight, origin.standing), (0, Standing::Healthy));
}

#[tokio::test(start_paused = true)]
async fn pauses_and_the_deadline_bound_the_retries() {
    let origins = Origins::new(&[Manner::Answer(503); 5]);
    let monitor = pool(5);
    let retries = RetryConfig::default()
        .retries(4)
        .backoff(Duration::from_millis(400), Duration::from_secs(4));
    let config = BalanceConfig::default().deadline(Duration::from_millis(200));
    let balance = balance!(layer(&monitor, retries).config(config), origins);
    let total = AtomicU64::new(0);
    for _ in 0..20 {
        let began = tokio::time::Instant::now();
        let response = balance
            .clone()
            .oneshot(request(Method::GET, ""))
            .await
            .unwrap();
        // Pauses end on whole milliseconds, the last of them with the deadline.
        assert!(
            began.elapsed() <= Duration::from_millis(200),
            "{:?}",
            began.elapsed()
        );
        total.fetch_add(served(&response).0.into(), Ordering::Relaxed);
    }
    let total = total.into_inner();
    assert!(
        (40..100).contains(&total),
        "{total} attempts: the first retry at once, others if in time"
    );
}
