//! [`Error`]: why a trace cannot be replayed.

use std::path::PathBuf;

/// Why `cachesim` gave up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The trace has no record.
    #[error("the trace is empty")]
    Empty,
    /// A file could not be read or written.
    #[error("{}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The trace ended inside a record.
    #[error("the trace ends inside the record at byte {at}: records are 8 bytes each")]
    Truncated {
        /// Where the record begins.
        at: u64,
    },
    /// No line of the log is a request that a cache could serve.
    #[error("none of {lines} lines is a GET answered 200 in the combined log format")]
    NoRequests {
        /// How many lines were read.
        lines: u64,
    },
    /// There are more distinct objects than ids.
    #[error("line {line}: more than {} distinct objects", u32::MAX)]
    TooMany {
        /// The line of the first that is too many.
        line: u64,
    },
}
