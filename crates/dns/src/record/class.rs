//! Record classes.

use core::{fmt, str::FromStr};

use crate::{error::TextError, text::mnemonic};

/// A record class; `IN` in all but a few odd records.
///
/// ```
/// use eaves_dns::Class;
///
/// assert_eq!("ch".parse(), Ok(Class::CH));
/// assert_eq!(Class(7).to_string(), "CLASS7");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Class(pub u16);

impl Class {
    /// The Internet (RFC 1035).
    pub const IN: Self = Self(1);
    /// Chaosnet, in use for server identification.
    pub const CH: Self = Self(3);
    /// Hesiod.
    pub const HS: Self = Self(4);
    /// No class: "delete this" and "must not exist" in updates (RFC 2136).
    pub const NONE: Self = Self(254);
    /// Any class, in questions and updates.
    pub const ANY: Self = Self(255);

    /// Reads a mnemonic or `CLASSnnn` in any case.
    #[inline]
    pub(crate) fn from_token(text: &[u8]) -> Option<Self> {
        match text {
            [b'I' | b'i', b'N' | b'n'] => Some(Self::IN),
            [b'C' | b'c', b'H' | b'h'] => Some(Self::CH),
            [b'H' | b'h', b'S' | b's'] => Some(Self::HS),
            [b'C' | b'c', ..] => mnemonic::numbered(text, b"CLASS").map(Self),
            _ if text.eq_ignore_ascii_case(b"NONE") => Some(Self::NONE),
            _ if text.eq_ignore_ascii_case(b"ANY") => Some(Self::ANY),
            _ => None,
        }
    }
}

impl Default for Class {
    /// Returns `IN`.
    fn default() -> Self {
        Self::IN
    }
}

impl FromStr for Class {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::from_token(text.as_bytes()).ok_or_else(|| TextError::invalid(0, "unknown class"))
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::IN => f.write_str("IN"),
            Self::CH => f.write_str("CH"),
            Self::HS => f.write_str("HS"),
            Self::NONE => f.write_str("NONE"),
            Self::ANY => f.write_str("ANY"),
            Self(other) => write!(f, "CLASS{other}"),
        }
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
