//! [`OpenError`] and [`CloseError`].

use std::{io, sync::Arc};

use eaves_common::{Error, ErrorKind};

/// Why a folder cannot be used as a store.
///
/// ```
/// use eaves_cache::store::disk::{Disk, DiskConfig, OpenError};
/// use eaves_common::units::ByteSize;
///
/// let path = tempfile::tempdir()?;
/// let config = DiskConfig::new(ByteSize::from_mib(1));
/// let disk = Disk::open(path.path(), &config)?;
/// assert!(matches!(Disk::open(path.path(), &config), Err(OpenError::Locked)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The budget is too small for any segment.
    #[error("a disk store of {budget} bytes is too small, use {least} or more")]
    Budget {
        /// What was asked for.
        budget: u64,
        /// What is needed.
        least: u64,
    },
    /// The file system refused something.
    #[error("cannot {doing} in the store's folder")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What it said.
        #[source]
        source: Arc<io::Error>,
    },
    /// Another store, of this process or another one, uses the folder.
    #[error("the store's folder is in use by another process")]
    Locked,
    /// The folder was written by a version of this crate that lays records out otherwise.
    #[error("the store's folder has format {found}, this version reads {known}")]
    Version {
        /// The folder's.
        found: u32,
        /// This crate's.
        known: u32,
    },
}

impl OpenError {
    pub(super) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            doing,
            source: Arc::new(source),
        }
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        let kind = match error {
            OpenError::Budget { .. } => ErrorKind::Invalid,
            OpenError::Io { .. } => ErrorKind::Unavailable,
            OpenError::Locked => ErrorKind::Conflict,
            OpenError::Version { .. } => ErrorKind::Unsupported,
        };
        Self::with_source(kind, "opening a disk store", error)
    }
}

/// Why a store did not end cleanly; the next one to open the folder rebuilds its index.
///
/// ```
/// use eaves_cache::store::disk::CloseError;
///
/// assert_eq!(CloseError::Rebuilding.to_string(), "the index was not rebuilt yet");
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// Something could not be written or synced.
    #[error("cannot write the index")]
    Io(#[source] Arc<io::Error>),
    /// The index was not complete.
    #[error("the index was not rebuilt yet")]
    Rebuilding,
}

impl From<io::Error> for CloseError {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

impl From<CloseError> for Error {
    fn from(error: CloseError) -> Self {
        Self::with_source(ErrorKind::Unavailable, "closing a disk store", error)
    }
}
