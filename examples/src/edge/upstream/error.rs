//! What can break between a client, the edge and an origin.

use std::{error::Error as _, net::SocketAddr};

use eaves_common::Side;
use http::{HeaderValue, Response, StatusCode, header::RETRY_AFTER};
use hyper_util::client::legacy;

use crate::edge::http::{Body, text};

/// Why there is no answer from upstream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// The client broke off in the middle of its request, or what it sent is no body.
    #[error("the request's body broke off")]
    Broken,
    /// No connection came about.
    #[error("origin {origin} refused the connection or cannot be reached")]
    Connect {
        /// The origin's address.
        origin: SocketAddr,
        /// What the client said.
        source: legacy::Error,
    },
    /// The connection broke before a response head was there.
    #[error("origin {origin} closed the connection before it answered")]
    Cut {
        /// The origin's address.
        origin: SocketAddr,
        /// What the client said.
        source: legacy::Error,
    },
    /// What came is no response.
    #[error("origin {origin} answered with what is not HTTP")]
    Garbage {
        /// The origin's address.
        origin: SocketAddr,
        /// What the client said.
        source: legacy::Error,
    },
    /// The response's head is longer than is read.
    #[error("origin {origin} answered with a head that is too long")]
    LongHead {
        /// The origin's address.
        origin: SocketAddr,
        /// What the client said.
        source: legacy::Error,
    },
    /// Something is missing here: files, ports, memory.
    #[error("the edge has run out of what a connection takes")]
    Lack {
        /// What the client said.
        source: legacy::Error,
    },
    /// The client sent no more of its request.
    #[error("no more of the request's body came in time")]
    Silent,
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
    /// What a connection that ended before the response's head came to.
    pub(super) fn cut(origin: SocketAddr, source: legacy::Error) -> Self {
        let hyper = source.source().and_then(|error| error.downcast_ref());
        match hyper {
            Some(error) if hyper::Error::is_parse_too_large(error) => {
                Self::LongHead { origin, source }
            }
            Some(error) if error.is_parse() => Self::Garbage { origin, source },
            _ => Self::Cut { origin, source },
        }
    }

    /// Says whether the request cannot have reached an origin.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::Lack { .. } | Self::NoOrigin
        )
    }

    /// Says whose fault it is.
    #[must_use]
    pub fn side(&self) -> Side {
        match self {
            Self::Broken | Self::Silent => Side::Caller,
            _ => Side::Upstream,
        }
    }

    /// The answer for the client: a status, and the error's name in `Proxy-Status` (RFC 9209
    /// section 2.3).
    #[must_use]
    pub fn response(&self) -> Response<Body> {
        let (status, name) = match self {
            Self::Broken => (StatusCode::BAD_REQUEST, "http_request_error"),
            Self::Silent => (StatusCode::REQUEST_TIMEOUT, "http_request_error"),
            Self::Connect { .. } => (StatusCode::BAD_GATEWAY, "connection_refused"),
            Self::Cut { .. } => (StatusCode::BAD_GATEWAY, "connection_terminated"),
            Self::Garbage { .. } => (StatusCode::BAD_GATEWAY, "http_protocol_error"),
            Self::LongHead { .. } => (StatusCode::BAD_GATEWAY, "http_response_header_section_size"),
            Self::Truncated { .. } => (StatusCode::BAD_GATEWAY, "http_response_incomplete"),
            Self::Timeout { .. } => (StatusCode::GATEWAY_TIMEOUT, "http_response_timeout"),
            Self::Stalled { .. } => (StatusCode::GATEWAY_TIMEOUT, "connection_read_timeout"),
            Self::Lack { .. } => (StatusCode::SERVICE_UNAVAILABLE, "proxy_internal_error"),
            Self::NoOrigin => (StatusCode::SERVICE_UNAVAILABLE, "destination_unavailable"),
        };
        let mut response = text(status, format!("{self}\n"));
        let value = HeaderValue::from_str(&format!("eaves; error={name}"));
        if let Ok(value) = value {
            response.headers_mut().insert("proxy-status", value);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let soon = HeaderValue::from_static("1");
            response.headers_mut().insert(RETRY_AFTER, soon);
        }
        response
    }
}
