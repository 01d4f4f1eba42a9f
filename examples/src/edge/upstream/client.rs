//! [`Client`]: one request to one origin, with deadlines; it never tries twice by itself.

use std::{net::SocketAddr, time::Duration};

use eaves_health::{
    is_ours,
    tower::{Late, Upload},
};
use http::{
    HeaderValue, Request, Response, Uri, Version,
    header::HOST,
    uri::{Authority, Scheme},
};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use super::UpstreamError;
use crate::edge::http::{Body, Peer, strip_hop_by_hop};

/// How long each phase of an exchange with an origin may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeouts {
    /// Until a connection stands.
    pub connect: Duration,
    /// From the request, or the last piece of its body, until the response's head; and between two pieces that a client
    /// sends.
    pub response: Duration,
    /// Between two pieces of the response's body.
    pub stall: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(1),
            response: Duration::from_secs(30),
            stall: Duration::from_secs(30),
        }
    }
}

/// Idle connections are closed before common origins do so, since a request sent into a closing
/// connection is lost and not every request may be sent twice.
const IDLE: Duration = Duration::from_secs(4);

/// How long a response's head may be. A connection also reads no more than this at a time, so that an origin that sends
/// interim responses without end cannot keep a thread busy for longer than it takes to read these.
const HEAD_BYTES: usize = 64 * 1024;

/// A pooled client; clones share its connections.
#[derive(Clone, Debug)]
pub struct Client {
    inner: legacy::Client<HttpConnector, Body>,
    timeouts: Timeouts,
}

impl Client {
    /// Makes a client without connections.
    #[must_use]
    pub fn new(timeouts: Timeouts) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeouts.connect));
        let inner = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(256)
            .http1_max_buf_size(HEAD_BYTES)
            .retry_canceled_requests(true) // those of which nothing was sent
            .build(connector);
        Self { inner, timeouts }
    }

    /// Returns the deadlines of this client.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// Sends a request to `origin` and waits for the head of its final response.
    ///
    /// The request's authority becomes its `Host`; interim responses go to its [`Peer`]. `upload` is where its body was lent,
    /// and tells what of a failure is the client's.
    ///
    /// # Errors
    ///
    /// Returns an error if no connection came about, if it broke before the response's head, or if
    /// the head did not come in time; or if the client broke off or was silent in the middle of the body.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection that the request was sent on.
    pub async fn send<B>(
        &self,
        mut request: Request<Body>,
        upload: &Upload<B>,
        origin: SocketAddr,
    ) -> Result<Response<Incoming>, UpstreamError> {
        address(&mut request, origin);
        if let Some(Peer { interim, .. }) = request.extensions_mut().remove() {
            hyper::ext::on_informational(&mut request, move |response| {
                interim.send(response.status(), response.headers());
            });
        }
        let answer = upload.within(self.timeouts.response, self.inner.request(request));
        match answer.await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(_)) if upload.is_broken() => Err(UpstreamError::Broken),
            Ok(Err(source)) if is_ours(&source) => Err(UpstreamError::Lack { source }),
            Ok(Err(source)) if source.is_connect() => {
                Err(UpstreamError::Connect { origin, source })
            }
            Ok(Err(source)) => Err(UpstreamError::cut(origin, source)),
            Err(Late::Client) => Err(UpstreamError::Silent),
            Err(Late::Origin) => Err(UpstreamError::Timeout { origin }),
        }
    }
}

/// Turns a request for the edge into one for `origin`.
fn address(request: &mut Request<Body>, origin: SocketAddr) {
    strip_hop_by_hop(request.headers_mut());
    let host = request.uri().authority().map(Authority::as_str);
    if let Some(Ok(host)) = host.map(HeaderValue::from_str) {
        request.headers_mut().insert(HOST, host);
    }
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = origin.to_string().parse().ok();
    parts.path_and_query = parts.path_and_query.or_else(|| "/".parse().ok());
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    *request.version_mut() = Version::HTTP_11;
}
