//! [`Error`]: why a trial ended.

use std::io;

use eaves_cache::store::disk::{CloseError, OpenError};

/// Why `cache-disk` gave up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store did not end cleanly.
    #[error("closing the store")]
    Close(#[from] CloseError),
    /// A purge that was safe is gone.
    #[error("purge of epoch {epoch} is forgotten, seed {seed}, round {round}")]
    Forgotten {
        /// Which purge it is.
        epoch: u64,
        /// The seed of the run.
        seed: u64,
        /// How many kills there had been.
        round: u32,
    },
    /// The system refused something.
    #[error("cannot {doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// The store could not be opened.
    #[error("opening the store")]
    Open(#[from] OpenError),
    /// The trace could not be read.
    #[error("reading the trace")]
    Trace(#[from] crate::cachesim::Error),
    /// The store served what nobody wrote.
    #[error("object {id} reads wrong at byte {at}, seed {seed}, round {round}")]
    Wrong {
        /// Which object it is.
        id: u64,
        /// Where the first wrong byte is, or where bytes are missing.
        at: usize,
        /// The seed of the run.
        seed: u64,
        /// How many kills there had been.
        round: u32,
    },
}

impl Error {
    pub(super) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}
