//! [`Classify`]: what may be sent twice, and what went wrong.

use std::{error::Error as StdError, io, time::Duration};

use http::{request, response};

use crate::{
    Outcome,
    retry::{Failure, Idempotency},
};

/// Says what may be sent twice, and what went wrong; every method has an answer for HTTP.
///
/// ```
/// use eaves_health::{retry::Idempotency, tower::Classify};
/// use http::request;
///
/// /// Searches are asked by POST, and change nothing.
/// struct Search;
///
/// impl Classify for Search {
///     fn idempotency(&self, request: &request::Parts) -> Idempotency {
///         match request.uri.path() {
///             "/search" => Idempotency::Idempotent,
///             _ => Idempotency::of(&request.method),
///         }
///     }
/// }
/// ```
pub trait Classify: Send + Sync {
    /// Says whether a request may be sent twice: as its extensions say, else as its method does.
    fn idempotency(&self, request: &request::Parts) -> Idempotency {
        let told = request.extensions.get::<Idempotency>().copied();
        told.unwrap_or_else(|| Idempotency::of(&request.method))
    }

    /// Says whether an answer is worth another origin.
    fn answer(&self, response: &response::Parts) -> Option<Failure> {
        Failure::of(response.status)
    }

    /// Says what an answer tells the monitor.
    fn outcome(&self, response: &response::Parts, latency: Duration) -> Outcome {
        Outcome::of_status(response.status.as_u16(), latency)
    }

    /// Says what an error of the inner service means: [`Failure::Unsent`] if a refused connection is
    /// among its sources, else [`Failure::Interrupted`].
    fn error(&self, error: &(dyn StdError + 'static)) -> Failure {
        let mut next = Some(error);
        while let Some(error) = next {
            let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
            if kind == Some(io::ErrorKind::ConnectionRefused) {
                return Failure::Unsent;
            }
            next = error.source();
        }
        Failure::Interrupted
    }
}

/// Classifies as RFC 9110 does.
///
/// ```
/// use eaves_health::{retry::Failure, tower::{ByHttp, Classify}};
///
/// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// assert_eq!(ByHttp.error(&refused), Failure::Unsent);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ByHttp;

impl Classify for ByHttp {}
