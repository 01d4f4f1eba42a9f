//! What can break between the edge and an origin.

use std::net::SocketAddr;

use eaves_common::ErrorKind;
use http::{HeaderValue, Response, StatusCode};

use crate::edge::http::{Body, text};

/// Why there is no answer from upstream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// No connection came about.
    #[error("origin {origin} refused the connection or cannot be reached")]
    Connect {
        /// The origin's address.
        origin: SocketAddr,
        /// What the client said.
        source: hyper_util::client::legacy::Error,
    },
    /// The connection broke before a response head was there.
    #[error("origin {origin} closed the connection before it answered")]
    Cut {
        /// The origin's address.
        origin: SocketAddr,
        /// What the client said.
        source: hyper_util::client::legacy::Error,
    },
    /// No response head came in time.
    #[error("origin {origin} did not answer in time")]
    Timeout {
        /// The origin's address.
        origin: SocketAddr,
    },
    /// The body stalled.
    #[error("origin {origin} stalled in the middle of its answer")]
    Stalled {
        /// The origin's address.
        origin: SocketAddr,
    },
    /// The body broke off.
    #[error("origin {origin} broke off in the middle of its answer")]
    Truncated {
        /// The origin's address.
        origin: SocketAddr,
        /// What the connection said.
        source: hyper::Error,
    },
    /// The pool has no origin left to ask.
    #[error("no origin is left to ask")]
    NoOrigin,
}

impl UpstreamError {
    /// Says whether the request cannot have reached an origin.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::NoOrigin)
    }

    /// The answer for the client: a status, and the error's name in `Proxy-Status` (RFC 9209
    /// section 2.3).
    #[must_use]
    pub fn response(&self) -> Response<Body> {
        let (kind, name) = match self {
            Self::Connect { .. } => (None, "connection_refused"),
            Self::Cut { .. } => (None, "connection_terminated"),
            Self::Truncated { .. } => (None, "http_response_incomplete"),
            Self::Timeout { .. } => (Some(ErrorKind::Timeout), "http_response_timeout"),
            Self::Stalled { .. } => (Some(ErrorKind::Timeout), "connection_read_timeout"),
            Self::NoOrigin => (Some(ErrorKind::Unavailable), "destination_unavailable"),
        };
        let status = kind.map_or(502, |kind| kind.http_status(eaves_common::Side::Upstream));
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
        let mut response = text(status, format!("{self}\n"));
        let value = HeaderValue::from_str(&format!("eaves; error={name}"));
        if let Ok(value) = value {
            response.headers_mut().insert("proxy-status", value);
        }
        response
    }
}
