//! [`Upstream`]: what stands behind the cache; picks an origin, asks it, tells its pool what came.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use eaves_cache::tower::RequestBody;
use eaves_common::time::{Clock, Mono, SystemClock};
use eaves_health::{Failure, Guard, OriginId, Outcome, Selector, tower::Upload};
use http::{HeaderValue, Request, Response, request::Parts};
use http_body::Body as _;
use hyper::body::Incoming;
use tower_service::Service;

use super::{Client, End, UpstreamError, WatchedBody};
use crate::edge::http::{Peer, Via, boxed, empty};

/// What passes requests on; clones share everything.
#[derive(Clone, Debug)]
pub struct Upstream(Arc<Route>);

/// How requests are passed on.
#[derive(Debug)]
pub struct Route {
    /// Where origins are picked.
    pub selector: Selector,
    /// How they are asked.
    pub client: Client,
    /// How this hop signs.
    pub via: Via,
    /// Whether the client's address is passed on in `X-Forwarded-For`.
    pub forwarded: Forwarded,
    /// How many more origins a request may try that may be sent twice.
    pub retries: u32,
}

impl From<Route> for Upstream {
    fn from(route: Route) -> Self {
        Self(Arc::new(route))
    }
}

/// What becomes of `X-Forwarded-For` (not a standard, but what origins read).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarded {
    /// The client's address is put behind what proxies before this one wrote.
    Append,
    /// It stays as it came.
    Keep,
    /// The client's address replaces what anybody may have written.
    Replace,
}

/// The body of an answer: it tells the pool how it ended.
pub type UpstreamBody = WatchedBody<Box<dyn FnOnce(End) + Send>>;

type Answer = Result<Response<UpstreamBody>, UpstreamError>;

impl Service<Request<RequestBody<Incoming>>> for Upstream {
    type Response = Response<UpstreamBody>;
    type Error = UpstreamError;
    type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), UpstreamError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody<Incoming>>) -> Self::Future {
        let route = Arc::clone(&self.0);
        Box::pin(async move { route.forward(request).await })
    }
}

impl Route {
    /// Asks one origin, and another one if that failed and the request may be sent twice.
    async fn forward(&self, request: Request<RequestBody<Incoming>>) -> Answer {
        let (mut parts, body) = request.into_parts();
        self.forwarded.apply(&mut parts);
        self.via.append(parts.version, &mut parts.headers);
        let again = Again::of(&parts, &body);
        let upload = Upload::new(body);
        let (mut tried, mut left, mut failed) = (Vec::new(), self.retries, None);
        loop {
            match self.attempt(parts.clone(), &upload, &mut tried).await {
                // What the last one said is more than that there is no other.
                Err(UpstreamError::NoOrigin) => {
                    return Err(failed.unwrap_or(UpstreamError::NoOrigin));
                }
                Err(error) if left > 0 && again.allows(&error, &upload) => {
                    left -= 1;
                    failed = Some(error);
                }
                answer => return answer,
            }
        }
    }

    async fn attempt(
        &self,
        parts: Parts,
        upload: &Upload<RequestBody<Incoming>>,
        tried: &mut Vec<OriginId>,
    ) -> Answer {
        let guard = self.selector.pick(tried).ok_or(UpstreamError::NoOrigin)?;
        let guard = guard.into_owned();
        tried.push(guard.id());
        let origin = guard.addr();
        let sent = now();
        // Of a body that is sent again nothing is there to be lent.
        let request = Request::from_parts(parts, upload.lend().map_or_else(empty, boxed));
        match self.client.send(request, upload, origin).await {
            Ok(response) => {
                let outcome = Outcome::of_status(response.status().as_u16(), now() - sent);
                let stall = self.client.timeouts().stall;
                let on_end = report(guard, outcome);
                Ok(response.map(|body| WatchedBody::new(body, origin, stall, on_end)))
            }
            Err(error) => {
                match failure(&error) {
                    Some(failure) => guard.finish(Outcome::Error(failure)),
                    None => drop(guard), // no origin's fault
                }
                Err(error)
            }
        }
    }
}

impl Forwarded {
    fn apply(self, parts: &mut Parts) {
        const FIELD: &str = "x-forwarded-for";
        let Some(peer) = parts.extensions.get::<Peer>() else {
            return;
        };
        let address = peer.address.ip().to_canonical().to_string();
        let address = HeaderValue::from_str(&address).expect("an address is ASCII");
        match self {
            Self::Append => drop(parts.headers.append(FIELD, address)),
            Self::Keep => {}
            Self::Replace => drop(parts.headers.insert(FIELD, address)),
        }
    }
}

/// When a request may be sent to a second origin.
#[derive(Clone, Copy)]
enum Again {
    /// Whatever came of the first: its method is idempotent (RFC 9110 section 9.2.2), and it has no body.
    Always,
    /// If the first saw nothing of it.
    Unsent,
}

impl Again {
    fn of(parts: &Parts, body: &RequestBody<Incoming>) -> Self {
        match parts.method.is_idempotent() && body.is_end_stream() {
            true => Self::Always,
            false => Self::Unsent,
        }
    }

    fn allows<B>(self, error: &UpstreamError, upload: &Upload<B>) -> bool {
        matches!(self, Self::Always) || error.is_unsent() && upload.is_whole()
    }
}

/// Tells what came of a request when its answer begins; the answer counts as load until its end, and a good one
/// that breaks off is told, too. Were nothing told before the end, a few long downloads would look like an
/// origin that leaves all waiting.
fn report(guard: Guard<'static>, outcome: Outcome) -> Box<dyn FnOnce(End) + Send> {
    let was_good = matches!(outcome, Outcome::Success { .. });
    let answered = guard.answered(outcome);
    Box::new(move |end| match end {
        End::Failed if was_good => answered.broken(Failure::Protocol),
        End::Complete | End::Dropped | End::Failed => drop(answered),
    })
}

/// What an error says of its origin: nothing if it is the client's, or a lack here.
fn failure(error: &UpstreamError) -> Option<Failure> {
    match error {
        UpstreamError::Broken | UpstreamError::Lack { .. } | UpstreamError::Silent => None,
        UpstreamError::Timeout { .. } | UpstreamError::Stalled { .. } => Some(Failure::Timeout),
        UpstreamError::Connect { .. } | UpstreamError::NoOrigin => Some(Failure::Connect),
        UpstreamError::Cut { .. }
        | UpstreamError::Garbage { .. }
        | UpstreamError::LongHead { .. }
        | UpstreamError::Truncated { .. } => Some(Failure::Protocol),
    }
}

fn now() -> Mono {
    SystemClock.mono()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use eaves_common::time::Now;
    use eaves_health::{
        Algorithm, Monitor, PoolConfig, monitor::Standing, pool::OriginConfig, probe::Verdict,
    };

    use super::*;

    const LATENCY: Duration = Duration::from_millis(20);
    const GOOD: Outcome = Outcome::Success { latency: LATENCY };

    struct World(Monitor, Now);

    impl World {
        fn new() -> Self {
            let addr = "127.0.0.1:80".parse().expect("an address");
            let config = PoolConfig::new("web").origin(OriginConfig::new("a", addr));
            let now = Now::default();
            let mut world = Self(Monitor::new(config, 1, now).expect("a valid pool"), now);
            world.run(Duration::from_secs(1));
            world
        }

        /// Lets time pass; probes find the origin well.
        fn run(&mut self, time: Duration) {
            let end = self.1.mono + time;
            while self.1.mono < end {
                self.1.mono += Duration::from_millis(50);
                self.0.handle_timeout(self.1);
                while let Some(probe) = self.0.poll_probe() {
                    let verdict = Verdict::Pass { latency: LATENCY };
                    self.0.handle_probe(probe.id, &verdict, self.1);
                }
            }
        }

        fn ask(&self) -> Guard<'static> {
            let selector = self.0.selector(Algorithm::RoundRobin);
            selector.pick(&[]).expect("it is there").into_owned()
        }
    }

    #[test]
    fn long_downloads_count_as_load_and_put_nobody_out() {
        let mut world = World::new();
        for _ in 0..50 {
            world.ask().finish(GOOD);
        }
        world.run(Duration::from_secs(1));
        let ends: Vec<_> = (0..20).map(|_| report(world.ask(), GOOD)).collect();
        world.run(Duration::from_secs(30));
        let status = world.0.status().origins.remove(0);
        assert_eq!((status.standing, status.in_flight), (Standing::Healthy, 20));
        ends.into_iter().for_each(|end| end(End::Complete));
        assert_eq!(world.0.status().origins[0].in_flight, 0);
        // The same without an answer is an origin that leaves all waiting.
        let silent: Vec<_> = (0..20).map(|_| world.ask()).collect();
        world.run(Duration::from_secs(1));
        let status = world.0.status().origins.remove(0);
        assert_eq!((status.standing, silent.len()), (Standing::Ejected, 20));
    }

    #[test]
    fn an_answer_that_breaks_off_is_an_error_once() {
        for (outcome, end, share) in [
            (GOOD, End::Complete, 0.0),
            (GOOD, End::Dropped, 0.0),
            (GOOD, End::Failed, 0.5),
            (Outcome::Error(Failure::Server), End::Failed, 1.0),
        ] {
            let mut world = World::new();
            report(world.ask(), outcome)(end);
            world.0.handle_traffic(world.1);
            let status = world.0.status().origins.remove(0);
            assert_eq!(
                (status.error_share, status.in_flight),
                (share, 0),
                "{outcome:?}"
            );
        }
    }
}
