//! The header of a message (RFC 1035 section 4.1.1).

use core::{fmt, ops::BitOr, str::FromStr};

use crate::{
    error::{TextError, WireError},
    message::Rcode,
    text::mnemonic,
    wire::Reader,
};

/// The header without its counts.
///
/// ```
/// use eaves_dns::{Flags, Header};
///
/// let header = Header { id: 7, flags: Flags::RD, ..Header::default() };
/// assert!(header.flags.contains(Flags::RD));
/// assert!(!header.is_response());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Header {
    /// Chosen by the client, repeated by the server.
    pub id: u16,
    /// What is asked for.
    pub opcode: Opcode,
    /// The flags.
    pub flags: Flags,
    /// The response code; its upper eight bits travel in EDNS.
    pub rcode: Rcode,
}

impl Header {
    /// Length in octets, counts included.
    pub const LEN: usize = 12;

    /// Says whether this is a response.
    #[must_use]
    pub fn is_response(&self) -> bool {
        self.flags.contains(Flags::QR)
    }

    /// Reads the header and its counts.
    #[inline]
    pub(crate) fn read(bytes: &[u8]) -> Result<(Self, [u16; 4]), WireError> {
        let octets: [u8; Self::LEN] = Reader::new(bytes).array("header")?;
        let field = |place: usize| u16::from_be_bytes([octets[2 * place], octets[2 * place + 1]]);
        let bits = field(1);
        let header = Self {
            id: field(0),
            opcode: Opcode((bits >> 11 & 15) as u8),
            flags: Flags(bits & Flags::ALL),
            rcode: Rcode(bits & 15),
        };
        Ok((header, [2, 3, 4, 5].map(field)))
    }

    pub(crate) fn bits(&self) -> u16 {
        self.flags.0 | u16::from(self.opcode.0 & 15) << 11 | self.rcode.0 & 15
    }
}

/// A set of header flags.
///
/// ```
/// use eaves_dns::Flags;
///
/// assert_eq!((Flags::QR | Flags::AA).to_string(), "QR AA");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(u16);

impl Flags {
    /// A response.
    pub const QR: Self = Self(0x8000);
    /// An authoritative answer.
    pub const AA: Self = Self(0x0400);
    /// Truncated: the rest is had over a stream.
    pub const TC: Self = Self(0x0200);
    /// Recursion desired.
    pub const RD: Self = Self(0x0100);
    /// Recursion available.
    pub const RA: Self = Self(0x0080);
    /// The reserved bit.
    pub const Z: Self = Self(0x0040);
    /// Authentic data (RFC 4035 section 3.2.3).
    pub const AD: Self = Self(0x0020);
    /// Checking disabled (RFC 4035 section 3.2.2).
    pub const CD: Self = Self(0x0010);

    const ALL: u16 = 0x87f0;
    const NAMES: [(Self, &'static str); 8] = [
        (Self::QR, "QR"),
        (Self::AA, "AA"),
        (Self::TC, "TC"),
        (Self::RD, "RD"),
        (Self::RA, "RA"),
        (Self::Z, "Z"),
        (Self::AD, "AD"),
        (Self::CD, "CD"),
    ];

    /// Says whether all of `flags` are set.
    #[must_use]
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Returns those of the flags that are in `mask` too.
    #[must_use]
    pub const fn only(self, mask: Self) -> Self {
        Self(self.0 & mask.0)
    }

    /// Returns the flags without `flags`.
    #[must_use]
    pub const fn without(self, flags: Self) -> Self {
        Self(self.0 & !flags.0)
    }

    /// Walks over the names of the flags that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let set = Self::NAMES.into_iter();
        set.filter_map(move |(flag, name)| self.contains(flag).then_some(name))
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.names().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}

/// What a message asks for; four bits.
///
/// ```
/// use eaves_dns::Opcode;
///
/// assert_eq!(Opcode::NOTIFY.to_string(), "NOTIFY");
/// assert_eq!(Opcode(9).to_string(), "OPCODE9");
/// assert_eq!("update".parse(), Ok(Opcode::UPDATE));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Opcode(pub u8);

impl Opcode {
    /// A question (RFC 1035).
    pub const QUERY: Self = Self(0);
    /// An inverse question; obsolete (RFC 3425).
    pub const IQUERY: Self = Self(1);
    /// Server status (RFC 1035).
    pub const STATUS: Self = Self(2);
    /// A zone has changed (RFC 1996).
    pub const NOTIFY: Self = Self(4);
    /// A change to a zone (RFC 2136).
    pub const UPDATE: Self = Self(5);
    /// Stateful operations (RFC 8490).
    pub const DSO: Self = Self(6);
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::QUERY => f.write_str("QUERY"),
            Self::IQUERY => f.write_str("IQUERY"),
            Self::STATUS => f.write_str("STATUS"),
            Self::NOTIFY => f.write_str("NOTIFY"),
            Self::UPDATE => f.write_str("UPDATE"),
            Self::DSO => f.write_str("DSO"),
            Self(other) => write!(f, "OPCODE{other}"),
        }
    }
}

/// Reads what is printed, in any case; an opcode has four bits.
impl FromStr for Opcode {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let number = || mnemonic::numbered(text.as_bytes(), b"OPCODE");
        let named = match text.to_ascii_uppercase().as_str() {
            "QUERY" => Some(Self::QUERY),
            "IQUERY" => Some(Self::IQUERY),
            "STATUS" => Some(Self::STATUS),
            "NOTIFY" => Some(Self::NOTIFY),
            "UPDATE" => Some(Self::UPDATE),
            "DSO" => Some(Self::DSO),
            _ => number().and_then(|number| match number {
                0..=15 => u8::try_from(number).ok().map(Self),
                _ => None,
            }),
        };
        named.ok_or_else(|| TextError::invalid(0, "unknown opcode"))
    }
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
