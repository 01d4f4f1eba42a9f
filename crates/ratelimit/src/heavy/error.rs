//! [`SketchError`]: sizes that cannot be, and sketches that do not belong together.

use eaves_common::{Error, ErrorKind, units::ByteSize};

/// A sketch that cannot be built or merged.
///
/// ```
/// use eaves_common::units::ByteSize;
/// use eaves_ratelimit::heavy::{CountMin, SketchError};
///
/// let error = CountMin::new(ByteSize::from_bytes(100), 7).unwrap_err();
/// assert_eq!(error.to_string(), "100B is too little memory for this sketch, use at least 1KiB");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SketchError {
    /// No so many candidates can be kept.
    #[error("{found} candidates are out of range, use 1 to {most}")]
    Candidates {
        /// How many were asked for.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// The memory would leave too few counters to tell keys apart.
    #[error("{found} is too little memory for this sketch, use at least {least}")]
    Memory {
        /// What was given.
        found: ByteSize,
        /// What is needed.
        least: ByteSize,
    },
    /// Two sketches differ in seed or size: their counters mean different keys.
    #[error("the sketches differ in {what}")]
    Mismatch {
        /// What differs.
        what: &'static str,
    },
}

impl From<SketchError> for Error {
    fn from(error: SketchError) -> Self {
        let kind = match error {
            SketchError::Mismatch { .. } => ErrorKind::Conflict,
            SketchError::Candidates { .. } | SketchError::Memory { .. } => ErrorKind::Invalid,
        };
        Self::with_source(kind, "counting heavy hitters", error)
    }
}
