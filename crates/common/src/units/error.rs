//! [`UnitError`]: where a quantity went wrong and what to write instead.

use alloc::{borrow::Cow, boxed::Box};

use crate::{Error, ErrorKind};

/// A text that is not the quantity asked for.
///
/// ```
/// use eaves_common::units::ByteSize;
///
/// let error = "64MIB".parse::<ByteSize>().unwrap_err();
/// assert_eq!(error.to_string(), "`MIB` is not a unit of size, did you mean `MiB`?");
/// assert_eq!(error.at(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// Something else stands where a quantity, or a part of it, must be.
    #[error("expected {expected}, write for example `{example}`")]
    Expected {
        /// Byte offset in the text.
        at: usize,
        /// What must be there.
        expected: &'static str,
        /// A text that would do.
        example: &'static str,
    },
    /// The word after a number is not a unit.
    #[error("`{found}` is not a unit of {quantity}, {advice}")]
    Unit {
        /// Byte offset in the text.
        at: usize,
        /// The word.
        found: Box<str>,
        /// What is measured.
        quantity: &'static str,
        /// Which units there are, or which was meant.
        advice: Cow<'static, str>,
    },
    /// The value is well written, but lies outside of what the quantity can hold.
    #[error("{found} is out of range, use {range}")]
    Range {
        /// Byte offset in the text.
        at: usize,
        /// The part that is too small or too large.
        found: Box<str>,
        /// What may be used.
        range: &'static str,
    },
    /// The value is finer than the quantity's smallest step.
    #[error("{found} is finer than {step}, use whole multiples of it")]
    Fraction {
        /// Byte offset in the text.
        at: usize,
        /// The part that is too fine.
        found: Box<str>,
        /// The smallest step.
        step: &'static str,
    },
    /// An IP prefix has bits set after its length.
    #[error("{found} has bits set after its first {len}, did you mean `{meant}`?")]
    HostBits {
        /// The prefix as written.
        found: Box<str>,
        /// Its length.
        len: u8,
        /// The network that holds it.
        meant: Box<str>,
    },
}

impl UnitError {
    /// Returns the byte offset in the text at which the mistake begins; 0 for values that were not text.
    #[must_use]
    pub const fn at(&self) -> usize {
        match self {
            Self::Expected { at, .. }
            | Self::Unit { at, .. }
            | Self::Range { at, .. }
            | Self::Fraction { at, .. } => *at,
            Self::HostBits { .. } => 0,
        }
    }

    /// Moves the position, for a text that is part of a longer one.
    pub(super) fn shifted(mut self, by: usize) -> Self {
        match &mut self {
            Self::Expected { at, .. }
            | Self::Unit { at, .. }
            | Self::Range { at, .. }
            | Self::Fraction { at, .. } => *at += by,
            Self::HostBits { .. } => {}
        }
        self
    }
}

impl From<UnitError> for Error {
    fn from(error: UnitError) -> Self {
        Self::with_source(ErrorKind::Invalid, "not a quantity", error)
    }
}
