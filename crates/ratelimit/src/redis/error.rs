//! [`StoreError`]: what can go wrong between an engine and its store.

use eaves_common::{Error, ErrorKind};

/// An engine that cannot start. A store that is gone is no error: see
/// [`Health`](super::Health).
///
/// ```
/// use eaves_ratelimit::redis::Store;
///
/// let error = Store::single("no url").unwrap_err();
/// assert!(error.to_string().starts_with("no store can be reached by this address"));
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The address of the store is not understood.
    #[error("no store can be reached by this address")]
    Address(#[source] redis::RedisError),
    /// A setting is out of range.
    #[error("the setting `{name}` is out of range, use {expected}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What can be used.
        expected: &'static str,
    },
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::with_source(ErrorKind::Invalid, "starting a distributed limiter", error)
    }
}
