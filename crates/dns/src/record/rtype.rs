//! Record types.

use core::{fmt, str::FromStr};

use crate::{error::TextError, rdata::table, text::mnemonic};

/// A record type; the constants stand in the table of record types.
///
/// ```
/// use eaves_dns::Rtype;
///
/// assert_eq!("mx".parse(), Ok(Rtype::MX));
/// assert_eq!("TYPE15".parse(), Ok(Rtype::MX));
/// assert_eq!(Rtype(65400).to_string(), "TYPE65400");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rtype(pub u16);

impl Rtype {
    /// An incremental zone transfer (RFC 1995); in questions only.
    pub const IXFR: Self = Self(251);
    /// A zone transfer (RFC 5936); in questions only.
    pub const AXFR: Self = Self(252);
    /// Mailbox records (RFC 1035); in questions only.
    pub const MAILB: Self = Self(253);
    /// Mail agent records (RFC 1035); in questions only.
    pub const MAILA: Self = Self(254);
    /// Any type (RFC 8482); in questions only.
    pub const ANY: Self = Self(255);

    /// Returns the mnemonic, if the type has one.
    #[must_use]
    pub fn mnemonic(self) -> Option<&'static str> {
        match self {
            Self::IXFR => Some("IXFR"),
            Self::AXFR => Some("AXFR"),
            Self::MAILB => Some("MAILB"),
            Self::MAILA => Some("MAILA"),
            Self::ANY => Some("ANY"),
            other => table::spec(other).map(|spec| spec.mnemonic),
        }
    }

    /// Says whether the type stands for no data of its own: a question type, or a type of
    /// the meta range (RFC 6895 section 3.1), such as OPT and TSIG.
    #[must_use]
    pub fn is_meta(self) -> bool {
        self == Self::OPT || (128..=255).contains(&self.0)
    }

    /// Reads a mnemonic or `TYPEnnn` in any case.
    #[inline]
    pub(crate) fn from_token(text: &[u8]) -> Option<Self> {
        if let Some(known) = table::by_mnemonic(text) {
            return Some(known);
        }
        if let Some(number) = mnemonic::numbered(text, b"TYPE") {
            return Some(Self(number));
        }
        let meta = [Self::IXFR, Self::AXFR, Self::MAILB, Self::MAILA, Self::ANY];
        let is_named = |meta: &Self| {
            meta.mnemonic()
                .is_some_and(|name| text.eq_ignore_ascii_case(name.as_bytes()))
        };
        meta.into_iter().find(is_named)
    }
}

impl FromStr for Rtype {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::from_token(text.as_bytes())
            .ok_or_else(|| TextError::invalid(0, "unknown record type"))
    }
}

impl fmt::Display for Rtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(mnemonic) => f.write_str(mnemonic),
            None => write!(f, "TYPE{}", self.0),
        }
    }
}

impl fmt::Debug for Rtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
