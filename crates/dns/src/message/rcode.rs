//! Response codes.

use core::{fmt, str::FromStr};

use crate::{error::TextError, text::mnemonic};

/// A response code: four bits of the header, eight more in EDNS (RFC 6891 section 6.1.3).
///
/// ```
/// use eaves_dns::Rcode;
///
/// assert_eq!(Rcode::NXDOMAIN.to_string(), "NXDOMAIN");
/// assert_eq!(Rcode(99).to_string(), "RCODE99");
/// assert_eq!("nxdomain".parse(), Ok(Rcode::NXDOMAIN));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rcode(pub u16);

macro_rules! rcodes {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        impl Rcode {
            $($(#[$doc])* pub const $name: Self = Self($number);)*

            /// Returns the mnemonic, if the code has one.
            #[must_use]
            pub fn mnemonic(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            fn of_mnemonic(text: &str) -> Option<Self> {
                let codes = [$((stringify!($name), Self::$name)),*];
                let found = codes.iter().find(|(name, _)| text.eq_ignore_ascii_case(name));
                found.map(|(_, code)| *code)
            }
        }
    };
}

rcodes! {
    /// No error (RFC 1035).
    NOERROR = 0;
    /// The query cannot be understood (RFC 1035).
    FORMERR = 1;
    /// The server failed (RFC 1035).
    SERVFAIL = 2;
    /// The name does not exist (RFC 1035).
    NXDOMAIN = 3;
    /// The server does not do this (RFC 1035).
    NOTIMP = 4;
    /// The server does not want to (RFC 1035).
    REFUSED = 5;
    /// A name exists that should not (RFC 2136, RFC 6672).
    YXDOMAIN = 6;
    /// An `RRset` exists that should not (RFC 2136).
    YXRRSET = 7;
    /// An `RRset` that should exist does not (RFC 2136).
    NXRRSET = 8;
    /// Not authoritative, or not authorized (RFC 2136, RFC 8945).
    NOTAUTH = 9;
    /// A name is not within the zone (RFC 2136).
    NOTZONE = 10;
    /// The DSO type is not implemented (RFC 8490).
    DSOTYPENI = 11;
    /// Unknown EDNS version (RFC 6891); in TSIG records, BADSIG.
    BADVERS = 16;
    /// Unknown key (RFC 8945).
    BADKEY = 17;
    /// Signature out of its time window (RFC 8945).
    BADTIME = 18;
    /// Bad TKEY mode (RFC 2930).
    BADMODE = 19;
    /// Duplicate key name (RFC 2930).
    BADNAME = 20;
    /// Algorithm not supported (RFC 2930).
    BADALG = 21;
    /// Bad truncation (RFC 8945).
    BADTRUNC = 22;
    /// Bad or missing server cookie (RFC 7873).
    BADCOOKIE = 23;
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(mnemonic) => f.write_str(mnemonic),
            None => write!(f, "RCODE{}", self.0),
        }
    }
}

/// Reads what is printed, in any case.
impl FromStr for Rcode {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let code = mnemonic::numbered(text.as_bytes(), b"RCODE").map(Self);
        code.or_else(|| Self::of_mnemonic(text))
            .ok_or_else(|| TextError::invalid(0, "unknown response code"))
    }
}

impl fmt::Debug for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
