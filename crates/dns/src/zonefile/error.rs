//! What is wrong in a zone file, and where.

use core::fmt;

use eaves_common::{Error, ErrorKind};

use crate::{error::TextError, name::NameBuf, record::Rtype};

/// An entry of a zone file that cannot be read.
///
/// ```
/// use eaves_dns::{NameBuf, zonefile::Scanner};
///
/// let origin: NameBuf = "example.".parse()?;
/// let mut scanner = Scanner::new(b"www 60 IN A 192.0.2\n", &origin);
/// let error = scanner.next_entry().unwrap().unwrap_err();
/// assert_eq!((error.line, error.column), (1, 13));
/// assert_eq!(error.to_string(), "line 1, column 13: www.example. A: not an IPv4 address");
/// # Ok::<(), eaves_dns::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ZonefileError {
    /// The file as the scanner was told it; empty if it was not.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in octets, from 1.
    pub column: usize,
    /// Offset in octets, from 0.
    pub at: usize,
    /// The owner, once it was read.
    pub owner: Option<NameBuf>,
    /// The type, once it was read.
    pub rtype: Option<Rtype>,
    /// What is wrong.
    pub reason: TextError,
}

impl fmt::Display for ZonefileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}, ", self.file)?;
        }
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if let Some(owner) = &self.owner {
            match self.rtype {
                Some(rtype) => write!(f, "{owner} {rtype}: ")?,
                None => write!(f, "{owner}: ")?,
            }
        }
        self.reason.fmt(f)
    }
}

impl core::error::Error for ZonefileError {}

impl From<ZonefileError> for Error {
    fn from(error: ZonefileError) -> Self {
        Self::new(ErrorKind::Invalid, error.to_string())
    }
}
