//! A demo origin: what the edge stands in front of when nobody names a real one.

use std::{
    collections::HashMap,
    net::SocketAddr,
    num::ParseIntError,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK},
};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::http::{Body, HttpLimits, Peer, ServerCounters, boxed, empty, serve, text};

mod stream;

pub use stream::Repeated;

/// How many paths a demo origin counts requests for; the rest are counted together as `*`.
const MAX_COUNTED_PATHS: usize = 10_000;

/// A small site with a page for each behaviour of a cache.
///
/// | path | answer |
/// |---|---|
/// | `/` and any other | a page, `max-age=10` unless the query has another `max-age`, with an entity tag |
/// | `/slow` | the same after 300 ms |
/// | `/live` | `no-store` |
/// | `/hints` | 103 Early Hints, then a page |
/// | `/big?bytes=N` | N bytes (100 MiB unless told), `max-age=60`, streamed |
/// | `/status/N` | an empty answer with status N |
/// | `/health` | 200 |
/// | `/-/requests` | how often each path was asked for, as JSON |
#[derive(Clone, Debug)]
pub struct DemoOrigin {
    name: Arc<str>,
    requests: Arc<Mutex<HashMap<String, u64>>>,
}

impl DemoOrigin {
    /// Makes an origin that signs its answers with `name`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            requests: Arc::default(),
        }
    }

    /// Answers requests on `listener` until `stop`.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken) {
        let limits = HttpLimits {
            drain: Duration::from_secs(1),
            ..HttpLimits::default()
        };
        let handler = move |request| {
            let origin = self.clone();
            async move { origin.answer(request).await }
        };
        serve(
            listener,
            limits,
            Arc::new(ServerCounters::default()),
            handler,
            stop,
        )
        .await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path();
        if path != "/-/requests" {
            self.count(path);
        }
        let mut response = match path {
            "/health" => text(StatusCode::OK, "ok\n"),
            "/live" => no_store(),
            "/big" => big(request.uri().query()),
            "/-/requests" => self.requests_json(),
            _ if path.starts_with("/status/") => status(&path["/status/".len()..]),
            _ => self.page(&request).await,
        };
        if let Ok(name) = HeaderValue::from_str(&self.name) {
            response.headers_mut().insert("x-origin", name);
        }
        if request.method() == Method::HEAD {
            *response.body_mut() = empty();
        }
        response
    }

    async fn page(&self, request: &Request<Incoming>) -> Response<Body> {
        match request.uri().path() {
            "/slow" => tokio::time::sleep(Duration::from_millis(300)).await,
            "/hints" => send_hints(request),
            _ => {}
        }
        let Ok(lifetime) = number(request.uri().query(), "max-age=", 10) else {
            return text(StatusCode::BAD_REQUEST, "max-age=N takes a whole number\n");
        };
        let html = format!(
            "<!doctype html><title>eaves</title>\n<h1>{}</h1>\n<p>This page may be kept for {lifetime} s.</p>\n",
            escape(request.uri().path())
        );
        let tag = format!("\"{:x}\"", html.len());
        let matches = request
            .headers()
            .get_all(IF_NONE_MATCH)
            .iter()
            .any(|line| line.as_bytes() == tag.as_bytes());
        let mut response = if matches {
            let mut response = Response::new(empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            let mut response = Response::new(boxed(Full::new(Bytes::from(html))));
            let kind = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        };
        if let Ok(policy) = format!("max-age={lifetime}").parse() {
            response.headers_mut().insert(CACHE_CONTROL, policy);
        }
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }

    fn count(&self, path: &str) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = requests.get_mut(path) {
            *count += 1;
            return;
        }
        let known = requests.len() < MAX_COUNTED_PATHS;
        *requests
            .entry(if known { path } else { "*" }.to_owned())
            .or_default() += 1;
    }

    fn requests_json(&self) -> Response<Body> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let json = serde_json::to_vec(&*requests).expect("a map of numbers is JSON");
        let mut response = text(StatusCode::OK, json);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        cacheable(headers, "no-store");
        response
    }
}

/// Binds a demo origin's listener.
///
/// # Errors
///
/// Returns an error if the address cannot be listened on.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

fn cacheable(headers: &mut HeaderMap, policy: &'static str) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(policy));
}

fn no_store() -> Response<Body> {
    let mut response = text(StatusCode::OK, "as fresh as it gets\n");
    cacheable(response.headers_mut(), "no-store");
    response
}

fn send_hints(request: &Request<Incoming>) {
    let Some(peer) = request.extensions().get::<Peer>() else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert(LINK, HeaderValue::from_static("</style.css>; rel=preload"));
    peer.interim.send(StatusCode::EARLY_HINTS, &headers);
}

fn status(number: &str) -> Response<Body> {
    match number.parse::<u16>().map(StatusCode::from_u16) {
        Ok(Ok(status)) if status.as_u16() >= 200 => {
            let mut response = Response::new(empty());
            *response.status_mut() = status;
            response
        }
        _ => text(
            StatusCode::BAD_REQUEST,
            "a status is a number from 200 to 999\n",
        ),
    }
}

fn big(query: Option<&str>) -> Response<Body> {
    let Ok(bytes) = number(query, "bytes=", 100 << 20) else {
        return text(StatusCode::BAD_REQUEST, "bytes=N takes a whole number\n");
    };
    let mut response = Response::new(boxed(Repeated::new(bytes)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, bytes.into());
    cacheable(headers, "max-age=60");
    response
}

/// The number behind `name` in a query, or `default` if it is not there.
fn number(query: Option<&str>, name: &str, default: u64) -> Result<u64, ParseIntError> {
    let pairs = query.unwrap_or_default().split('&');
    let mut values = pairs.filter_map(|pair| pair.strip_prefix(name));
    values.next().map_or(Ok(default), str::parse)
}

fn escape(path: &str) -> String {
    path.replace('&', "&amp;").replace('<', "&lt;")
}
