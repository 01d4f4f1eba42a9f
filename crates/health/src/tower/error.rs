//! [`BalanceError`]: why there is no answer at all.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use eaves_common::{Error, ErrorKind};

/// Why there is no answer at all. An answer that could not be bettered, a 503 say, is no error.
///
/// ```
/// use eaves_health::tower::BalanceError;
///
/// assert_eq!(BalanceError::NoOrigin.to_string(), "no origin takes requests");
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BalanceError {
    /// The request's body could not be read.
    #[error("reading the request's body")]
    Body(#[source] Arc<dyn StdError + Send + Sync>),
    /// The inner service failed, and no other attempt was allowed or none went better.
    #[error("the last attempt failed")]
    Inner(#[source] Arc<dyn StdError + Send + Sync>),
    /// The pool is empty, or nobody in it takes requests.
    #[error("no origin takes requests")]
    NoOrigin,
    /// The client sent no more of its request's body.
    #[error("no more of the request's body within {0:?}")]
    Slow(Duration),
    /// The last attempt took too long.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
}

impl From<BalanceError> for Error {
    fn from(error: BalanceError) -> Self {
        let kind = match error {
            BalanceError::Body(_) => ErrorKind::Invalid,
            BalanceError::Inner(_) | BalanceError::NoOrigin => ErrorKind::Unavailable,
            BalanceError::Slow(_) | BalanceError::Timeout(_) => ErrorKind::Timeout,
        };
        Self::with_source(kind, "balancing over a pool", error)
    }
}
