//! The admin listener: `/healthz`, `/metrics`, `/status`.

mod families;
pub mod metrics;
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
pub fn answer(running: &Arc<Running>, request: &Request<Incoming>) -> Response<Body> {
    let mut response = match request.uri().path() {
        _ if !matches!(*request.method(), Method::GET | Method::HEAD) => text(
            StatusCode::METHOD_NOT_ALLOWED,
            "this listener only tells: use GET\n",
        ),
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
