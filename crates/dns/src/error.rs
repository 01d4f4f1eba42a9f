//! The crate's errors: one enum per activity, each with the position that lets someone fix it.

use eaves_common::{Error, ErrorKind};

/// Why bytes are not a DNS message, a name or rdata.
///
/// ```
/// use eaves_dns::{View, WireError};
///
/// let error = View::parse(&[0; 5]).unwrap_err();
/// assert_eq!(error, WireError::Truncated { at: 5, field: "header" });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The bytes ended inside a field.
    #[error("bytes ended at {at} while reading {field}")]
    Truncated {
        /// Offset at which more bytes were needed.
        at: usize,
        /// What was being read.
        field: &'static str,
    },
    /// A label type other than "normal" and "pointer" (RFC 6891 section 5 retired them).
    #[error("label type at byte {at} is not in use")]
    Label {
        /// Offset of the label's first octet.
        at: usize,
    },
    /// A compression pointer that does not move backwards, comes after too many others, or stands
    /// where none is allowed (RFC 3597 section 4).
    #[error("compression pointer at byte {at} is not allowed")]
    Pointer {
        /// Offset of the pointer.
        at: usize,
    },
    /// A name of more than 255 octets.
    #[error("name at byte {at} is longer than 255 octets")]
    NameTooLong {
        /// Offset at which the name began.
        at: usize,
    },
    /// Bytes after the last field.
    #[error("bytes are left over at {at}")]
    Trailing {
        /// Offset of the first such byte.
        at: usize,
    },
    /// A value that its format forbids.
    #[error("at byte {at}: {what}")]
    Invalid {
        /// Offset of the value.
        at: usize,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl WireError {
    /// Moves the offset: what was read stands `by` octets into something larger.
    pub(crate) fn moved(mut self, by: usize) -> Self {
        match &mut self {
            Self::Truncated { at, .. }
            | Self::Label { at }
            | Self::Pointer { at }
            | Self::NameTooLong { at }
            | Self::Trailing { at }
            | Self::Invalid { at, .. } => *at += by,
        }
        self
    }

    /// Returns the offset at which the bytes stop making sense.
    #[must_use]
    pub fn at(&self) -> usize {
        match *self {
            Self::Truncated { at, .. }
            | Self::Label { at }
            | Self::Pointer { at }
            | Self::NameTooLong { at }
            | Self::Trailing { at }
            | Self::Invalid { at, .. } => at,
        }
    }
}

impl From<WireError> for Error {
    fn from(error: WireError) -> Self {
        Self::new(ErrorKind::Invalid, error.to_string())
    }
}

/// Why a text is not a domain name.
///
/// ```
/// use eaves_dns::{NameBuf, NameError};
///
/// assert_eq!("a..b".parse::<NameBuf>(), Err(NameError::EmptyLabel));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Two dots in a row, a dot at the start, or no text at all.
    #[error("name has an empty label")]
    EmptyLabel,
    /// A backslash without a character or three digits up to 255 behind it.
    #[error("name has a bad escape")]
    Escape,
    /// A label that internationalized names do not allow.
    #[error("label is not allowed in internationalized names")]
    Idna,
    /// A label of more than 63 octets.
    #[error("label is longer than 63 octets")]
    LabelTooLong,
    /// A name of more than 255 octets.
    #[error("name is longer than 255 octets")]
    NameTooLong,
    /// A relative name, or `@`, where there is no origin.
    #[error("relative name without an origin")]
    NoOrigin,
    /// Bytes that are not one uncompressed name.
    #[error("not an uncompressed name")]
    Wire,
}

impl From<NameError> for Error {
    fn from(error: NameError) -> Self {
        Self::new(ErrorKind::Invalid, error.to_string())
    }
}

/// Why a text is not the rdata, type, class or TTL it should be.
///
/// ```
/// use eaves_dns::{RdataBuf, Rtype, TextError};
///
/// let error = RdataBuf::parse(Rtype::MX, "10").unwrap_err();
/// assert_eq!(error, TextError::Missing { at: 2, field: "name" });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// The text ended before a field.
    #[error("{field} is missing")]
    Missing {
        /// Offset at which the field was expected.
        at: usize,
        /// The field.
        field: &'static str,
    },
    /// A token that does not fit.
    #[error("{what}")]
    Invalid {
        /// Offset of the token.
        at: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A token that is not a name.
    #[error("{reason}")]
    Name {
        /// Offset of the token.
        at: usize,
        /// What is wrong with it.
        reason: NameError,
    },
    /// Text after the last field.
    #[error("unexpected text after the last field")]
    Trailing {
        /// Offset of the token.
        at: usize,
    },
}

impl TextError {
    /// Returns the byte offset at which the text stops making sense.
    #[must_use]
    pub fn at(&self) -> usize {
        match *self {
            Self::Missing { at, .. }
            | Self::Invalid { at, .. }
            | Self::Name { at, .. }
            | Self::Trailing { at } => at,
        }
    }

    pub(crate) fn invalid(at: usize, what: &'static str) -> Self {
        Self::Invalid { at, what }
    }
}

impl From<TextError> for Error {
    fn from(error: TextError) -> Self {
        Self::new(ErrorKind::Invalid, error.to_string())
    }
}

/// Why something did not fit into a message.
///
/// ```
/// use eaves_dns::{BuildError, Builder, Header, Name, Question, Rtype};
///
/// let mut buf = [0; 16];
/// let mut builder = Builder::new(&mut buf, Header::default()).unwrap();
/// let question = Question::new(Name::ROOT, Rtype::NS);
/// assert_eq!(builder.question(&question), Err(BuildError::Full { limit: 16 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The size limit was reached; what was being written was taken back whole.
    #[error("message is full at {limit} bytes")]
    Full {
        /// The limit in bytes.
        limit: usize,
    },
    /// A section that comes before one already written to.
    #[error("sections are written in order")]
    Order,
    /// More than 65535 entries in a section.
    #[error("section has 65535 entries already")]
    Count,
    /// Rdata or a field of it is longer than its length field can say, or breaks its format.
    #[error("rdata is not valid: {0}")]
    Rdata(WireError),
    /// Rdata of more than 65535 octets, or a field longer than its length octets can say.
    #[error("rdata or one of its fields is too long")]
    TooLong,
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        let kind = match error {
            BuildError::Full { .. } | BuildError::Count | BuildError::TooLong => ErrorKind::Limit,
            BuildError::Order | BuildError::Rdata(_) => ErrorKind::Invalid,
        };
        Self::new(kind, error.to_string())
    }
}
