//! Many requests at once for one URL.

use core::{convert::Infallible, fmt, time::Duration};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use eaves_cache::{
    policy::Policy,
    tower::{CacheConfig, CacheLayer, RequestBody},
};
use http::{Request, Response, header::CACHE_CONTROL};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Bytes;
use tokio::{task::JoinSet, time::Instant};
use tower_layer::Layer;
use tower_service::Service;

use super::Line;

/// What came of herds on a URL that can be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cold {
    /// How many herds there were.
    pub runs: usize,
    /// The most requests that the origin saw in any of them.
    pub origin: usize,
    /// The longest that any client waited.
    pub slowest: Duration,
}

/// What came of herds on a URL that must not be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoStore {
    /// How long the origin takes.
    pub trip: Duration,
    /// The longest that a client of the first herd waited.
    pub first: Duration,
    /// The longest that a client of a later herd waited.
    pub later: Duration,
}

type Answer = Response<Full<Bytes>>;

/// An origin that counts, and takes its time.
#[derive(Clone)]
struct Slow {
    control: &'static str,
    trip: Duration,
    seen: Arc<AtomicUsize>,
}

impl Slow {
    fn new(control: &'static str, trip: Duration) -> Self {
        Self {
            control,
            trip,
            seen: Arc::default(),
        }
    }
}

impl Service<Request<RequestBody<Empty<Bytes>>>> for Slow {
    type Response = Answer;
    type Error = Infallible;
    type Future = core::pin::Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn poll_ready(
        &mut self,
        _: &mut core::task::Context<'_>,
    ) -> core::task::Poll<Result<(), Infallible>> {
        core::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<RequestBody<Empty<Bytes>>>) -> Self::Future {
        self.seen.fetch_add(1, Ordering::Relaxed);
        let (control, trip) = (self.control, self.trip);
        Box::pin(async move {
            tokio::time::sleep(trip).await;
            let mut response = Response::new(Full::from(Bytes::from_static(b"hello")));
            let control = http::HeaderValue::from_static(control);
            response.headers_mut().insert(CACHE_CONTROL, control);
            Ok(response)
        })
    }
}

/// Sends so many requests at once; returns how long the slowest took.
async fn herd<S>(service: &S, clients: usize) -> Duration
where
    S: Service<Request<Empty<Bytes>>, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoBody,
    S::Future: Send,
{
    let mut set = JoinSet::new();
    let started = Instant::now();
    for _ in 0..clients {
        let request = Request::get("http://a.example/herd").body(Empty::new());
        let answer = request.map(|request| service.clone().call(request));
        set.spawn(async move {
            let response = match answer {
                Ok(answer) => answer.await,
                Err(_) => return None,
            };
            let Ok(response) = response;
            response.read().await.then(|| started.elapsed())
        });
    }
    let took = set.join_all().await;
    assert!(
        took.iter().all(Option::is_some),
        "every client gets the body"
    );
    took.into_iter().flatten().max().unwrap_or_default()
}

/// A response whose body can be read to its end.
trait IntoBody: Send {
    /// Reads it; says whether it is what the origin sent.
    fn read(self) -> impl Future<Output = bool> + Send;
}

impl<B> IntoBody for Response<B>
where
    B: hyper::body::Body + Send,
    B::Data: Send,
    B::Error: Send,
{
    async fn read(self) -> bool {
        let body = self.into_body().collect().await;
        body.is_ok_and(|body| body.to_bytes() == "hello")
    }
}

fn layer() -> CacheLayer {
    CacheLayer::new(CacheConfig::default().policy(Policy::standards_only()))
}

/// Herds on a URL that nothing is stored of, one after the other, each on a cache of its own.
pub async fn cold(runs: usize, clients: usize, trip: Duration) -> Cold {
    let (mut origin, mut slowest) = (0, Duration::ZERO);
    for _ in 0..runs {
        let slow = Slow::new("max-age=60", trip);
        let service = layer().layer(slow.clone());
        slowest = slowest.max(herd(&service, clients).await);
        origin = origin.max(slow.seen.load(Ordering::Relaxed));
    }
    Cold {
        runs,
        origin,
        slowest,
    }
}

/// Herds on a URL whose answers are not for sharing, one after the other, all on one cache.
pub async fn no_store(waves: usize, clients: usize, trip: Duration) -> NoStore {
    let service = layer().layer(Slow::new("no-store", trip));
    let first = herd(&service, clients).await;
    let mut later = Duration::ZERO;
    for _ in 1..waves {
        later = later.max(herd(&service, clients).await);
    }
    NoStore { trip, first, later }
}

impl fmt::Display for Cold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            runs,
            origin,
            slowest,
        } = self;
        let figure =
            format!("{runs} herds: the origin sees {origin}, the slowest takes {slowest:.0?}");
        let line = Line {
            name: "cold",
            figure,
            most: "1 and 400ms, of which the origin takes 300",
        };
        line.fmt(f)
    }
}

impl fmt::Display for NoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trips = |time: Duration| time.as_secs_f64() / self.trip.as_secs_f64();
        let (first, later) = (trips(self.first), trips(self.later));
        let line = Line {
            name: "no-store",
            figure: format!("first wave {first:.2} round trips, later waves {later:.2}"),
            most: "2 and 1, and what the machine adds",
        };
        line.fmt(f)
    }
}
