//! The admin listener: `/healthz`, `/metrics`, `/status`, and `POST /purge`.

mod families;
pub mod metrics;
mod purge;
mod status;

use std::sync::Arc;

use http::{HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use hyper::body::Incoming;

use super::{
    http::{Body, empty, text},
    running::Running,
};

pub use status::Status;

/// Answers a request to the admin listener.
pub async fn answer(running: &Arc<Running>, request: &Request<Incoming>) -> Response<Body> {
    let uri = request.uri();
    match (request.method(), uri.path()) {
        (&Method::GET | &Method::HEAD, _) => tell(running, request),
        (&Method::POST, "/purge") => {
            purge::purge(&running.cache, uri.query().unwrap_or_default()).await
        }
        _ => text(
            StatusCode::METHOD_NOT_ALLOWED,
            "this listener tells on GET, and does one thing: POST /purge\n",
        ),
    }
}

fn tell(running: &Arc<Running>, request: &Request<Incoming>) -> Response<Body> {
    let mut response = match request.uri().path() {
        "/healthz" => text(StatusCode::OK, "ok\n"),
        "/metrics" => typed(
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            metrics::page(families::families(running)),
        ),
        "/status" => typed("application/json", Status::of(running).to_json()),
        _ => text(
            StatusCode::NOT_FOUND,
            "here are /healthz, /metrics and /status\n",
        ),
    };
    if request.method() == Method::HEAD {
        *response.body_mut() = empty();
    }
    response
}

fn typed(kind: &'static str, page: String) -> Response<Body> {
    let mut response = text(StatusCode::OK, page);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
