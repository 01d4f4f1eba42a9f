//! [`Upstream`]: what stands behind the cache; picks an origin, asks it, tells its pool what came.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use eaves_cache::tower::RequestBody;
use eaves_common::time::{Clock, Mono, SystemClock};
use eaves_health::{Failure, Guard, OriginId, Outcome, Selector};
use http::{HeaderValue, Request, Response, request::Parts};
use http_body::Body as _;
use hyper::body::Incoming;
use tower_service::Service;

use super::{Client, End, UpstreamError, WatchedBody};
use crate::edge::http::{Body, Peer, Via, boxed, empty};

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
        let mut tried = Vec::new();
        if !may_repeat(&parts, &body) {
            return self.attempt(parts, boxed(body), &mut tried).await;
        }
        for _ in 0..self.retries {
            match self.attempt(parts.clone(), empty(), &mut tried).await {
                Err(error) if !matches!(error, UpstreamError::NoOrigin) => {}
                answer => return answer,
            }
        }
        self.attempt(parts, empty(), &mut tried).await
    }

    async fn attempt(&self, parts: Parts, body: Body, tried: &mut Vec<OriginId>) -> Answer {
        let guard = self.selector.pick(tried).ok_or(UpstreamError::NoOrigin)?;
        let guard = guard.into_owned();
        tried.push(guard.id());
        let origin = guard.addr();
        let sent = now();
        match self
            .client
            .send(Request::from_parts(parts, body), origin)
            .await
        {
            Ok(response) => {
                let outcome = Outcome::of_status(response.status().as_u16(), now() - sent);
                let stall = self.client.timeouts().stall;
                let on_end = report(guard, outcome);
                Ok(response.map(|body| WatchedBody::new(body, origin, stall, on_end)))
            }
            Err(error) => {
                guard.finish(Outcome::Error(failure(&error)));
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

/// Says whether a request may be sent to a second origin: its method is idempotent (RFC 9110
/// section 9.2.2), and it has no body that the first one may have taken.
fn may_repeat(parts: &Parts, body: &RequestBody<Incoming>) -> bool {
    parts.method.is_idempotent() && body.is_end_stream()
}

fn report(guard: Guard<'static>, outcome: Outcome) -> Box<dyn FnOnce(End) + Send> {
    Box::new(move |end| match end {
        End::Complete => guard.finish(outcome),
        End::Failed => guard.finish(Outcome::Error(Failure::Protocol)),
        End::Dropped => drop(guard),
    })
}

fn failure(error: &UpstreamError) -> Failure {
    match error {
        UpstreamError::Timeout { .. } | UpstreamError::Stalled { .. } => Failure::Timeout,
        UpstreamError::Cut { .. } | UpstreamError::Truncated { .. } => Failure::Protocol,
        UpstreamError::Connect { .. } | UpstreamError::NoOrigin => Failure::Connect,
    }
}

fn now() -> Mono {
    SystemClock.mono()
}
