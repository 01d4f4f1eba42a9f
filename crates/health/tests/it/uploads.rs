//! Bodies that clients send through the balancing service: whose fault it is if one does not arrive.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use eaves_common::time::{Now, TokioClock, Wall};
use eaves_health::{
    Algorithm, Monitor, PoolConfig,
    pool::OriginConfig,
    probe::Verdict,
    retry::{Retry, RetryConfig},
    tower::{BalanceConfig, BalanceError, BalanceLayer, Picked, SendBody},
};
use http::{Method, Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::time::{Sleep, sleep};
use tower::{Layer, ServiceExt, service_fn};

const LIMIT: Duration = Duration::from_secs(2);

/// A client that sends a piece after each pause, and then ends, breaks off or is silent.
struct Client {
    pauses: VecDeque<Duration>,
    pause: Option<Pin<Box<Sleep>>>,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Break,
    Clean,
    Silence,
}

impl Client {
    fn new(pieces: usize, pause: Duration, end: End) -> Self {
        Self {
            pauses: vec![pause; pieces].into(),
            pause: None,
            end,
        }
    }
}

impl Body for Client {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.pause.is_none() {
            let Some(pause) = self.pauses.pop_front() else {
                return match self.end {
                    End::Break => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
                    End::Clean => Poll::Ready(None),
                    End::Silence => Poll::Pending,
                };
            };
            self.pause = Some(Box::pin(sleep(pause)));
        }
        if self.pause.as_mut().unwrap().as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.pause = None;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"piece")))))
    }
}

/// What the origin at port 0 does; the one at port 1 answers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Manner {
    /// It cannot be reached for want of something here.
    Lacking,
    /// It takes no byte of a request.
    Stubborn,
    Refuse,
    Well,
}

type Got = Arc<Mutex<Vec<(u16, usize)>>>;

async fn answer(
    request: Request<SendBody<Client>>,
    first: Manner,
    got: Got,
) -> io::Result<Response<String>> {
    let port = request.extensions().get::<Picked>().unwrap().addr.port();
    match first {
        Manner::Lacking if port == 0 => return Err(io::Error::from_raw_os_error(24)),
        Manner::Refuse if port == 0 => return Err(io::ErrorKind::ConnectionRefused.into()),
        Manner::Stubborn if port == 0 => return std::future::pending().await,
        _ => {}
    }
    let body = request.into_body().collect().await;
    let bytes = body.map_err(io::Error::other)?.to_bytes();
    got.lock().unwrap().push((port, bytes.len()));
    Ok(Response::new(String::new()))
}

/// Two origins that take turns, the first of which is of this manner.
struct World {
    monitor: Monitor,
    got: Got,
    first: Manner,
}

impl World {
    fn new(first: Manner) -> Self {
        let origin = |port| OriginConfig::new(format!("o{port}"), ([192, 0, 2, 1], port).into());
        let config = PoolConfig::new("test").origins((0..2).map(origin));
        let mut monitor = Monitor::new(config, 1, Now::default()).unwrap();
        while let Some(probe) = monitor.poll_probe() {
            let latency = Duration::from_millis(1);
            monitor.handle_probe(probe.id, &Verdict::Pass { latency }, Now::default());
        }
        let got = Got::default();
        Self {
            monitor,
            got,
            first,
        }
    }

    /// Sends two uploads, so that each origin has its turn; returns how they ended.
    async fn twice(
        &self,
        method: Method,
        client: impl Fn() -> Client,
    ) -> Vec<Result<(), BalanceError>> {
        let retry = Retry::new(RetryConfig::default()).unwrap();
        let (first, got) = (self.first, Arc::clone(&self.got));
        let balance = BalanceLayer::new(self.monitor.selector(Algorithm::RoundRobin), retry)
            .clock(Arc::new(TokioClock::at(Wall::ZERO)))
            .config(BalanceConfig::default().attempt_timeout(LIMIT))
            .layer(service_fn(move |request| {
                answer(request, first, Arc::clone(&got))
            }));
        let mut ends = Vec::new();
        for _ in 0..2 {
            let request = Request::builder().method(method.clone()).uri("/");
            let answer = balance
                .clone()
                .oneshot(request.body(client()).unwrap())
                .await;
            ends.push(answer.map(drop));
        }
        ends
    }

    /// Which origins got how much, in any order.
    fn got(&self) -> Vec<(u16, usize)> {
        let mut got = std::mem::take(&mut *self.got.lock().unwrap());
        got.sort_unstable();
        got
    }

    fn error_shares(&mut self) -> Vec<f64> {
        self.monitor.handle_traffic(Now::default());
        let status = self.monitor.status();
        assert!(status.origins.iter().all(|origin| origin.in_flight == 0));
        let origins = status.origins.iter();
        origins.map(|origin| origin.error_share).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_may_send_for_longer_than_an_attempt_may_take() {
    let mut world = World::new(Manner::Well);
    let client = || Client::new(20, LIMIT * 3 / 4, End::Clean);
    let ends = world.twice(Method::PUT, client).await;
    assert!(ends.iter().all(Result::is_ok), "{ends:?}");
    assert_eq!(world.got(), [(0, 100), (1, 100)]);
    assert_eq!(world.error_shares(), [0.0, 0.0]);
}

#[tokio::test(start_paused = true)]
async fn no_origin_is_blamed_for_a_client_that_breaks_off_or_is_silent() {
    for end in [End::Break, End::Silence] {
        let mut world = World::new(Manner::Well);
        let client = || Client::new(3, Duration::from_millis(10), end);
        for error in world.twice(Method::PUT, client).await {
            match (end, error.unwrap_err()) {
                (End::Break, BalanceError::Body(_)) => {}
                (End::Silence, BalanceError::Slow(limit)) => assert_eq!(limit, LIMIT),
                (end, error) => panic!("{end:?}: {error:?}"),
            }
        }
        assert_eq!(world.error_shares(), [0.0, 0.0], "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_takes_nothing_is_to_blame_and_nobody_gets_a_torn_body() {
    let mut world = World::new(Manner::Stubborn);
    let ends = world
        .twice(Method::POST, || Client::new(3, LIMIT / 8, End::Clean))
        .await;
    let timeouts = ends
        .iter()
        .filter(|end| matches!(end, Err(BalanceError::Timeout(_))));
    assert_eq!(timeouts.count(), 1, "{ends:?}");
    assert_eq!(world.got(), [(1, 15)]);
    assert_eq!(world.error_shares(), [1.0, 0.0]);
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_no_origin_has_seen_goes_to_another() {
    for (manner, shares) in [
        (Manner::Refuse, [1.0, 0.0]),
        (Manner::Lacking, [0.0, 0.0]), // which is our own want
    ] {
        let mut world = World::new(manner);
        let ends = world
            .twice(Method::POST, || Client::new(3, LIMIT / 8, End::Clean))
            .await;
        assert!(ends.iter().all(Result::is_ok), "{manner:?} {ends:?}");
        assert_eq!(world.got(), [(1, 15), (1, 15)], "{manner:?}");
        assert_eq!(world.error_shares(), shares, "{manner:?}");
    }
}
