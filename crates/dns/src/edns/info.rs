//! Codes of extended errors (RFC 8914).

use core::fmt;

/// What an extended error says: a code of IANA's registry.
///
/// ```
/// use eaves_dns::edns::InfoCode;
///
/// assert_eq!(InfoCode::PROHIBITED.to_string(), "Prohibited");
/// assert_eq!(InfoCode(49_152).to_string(), "INFOCODE49152");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InfoCode(pub u16);

/// Declares codes: constant, number, registered purpose.
macro_rules! codes {
    ($($name:ident = $number:literal $text:literal;)*) => {
        impl InfoCode {
            $(#[doc = concat!($text, ".")] pub const $name: Self = Self($number);)*

            /// Returns the registered purpose.
            #[must_use]
            pub fn purpose(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    OTHER = 0 "Other Error";
    UNSUPPORTED_DNSKEY_ALGORITHM = 1 "Unsupported DNSKEY Algorithm";
    UNSUPPORTED_DS_DIGEST_TYPE = 2 "Unsupported DS Digest Type";
    STALE_ANSWER = 3 "Stale Answer";
    FORGED_ANSWER = 4 "Forged Answer";
    DNSSEC_INDETERMINATE = 5 "DNSSEC Indeterminate";
    DNSSEC_BOGUS = 6 "DNSSEC Bogus";
    SIGNATURE_EXPIRED = 7 "Signature Expired";
    SIGNATURE_NOT_YET_VALID = 8 "Signature Not Yet Valid";
    DNSKEY_MISSING = 9 "DNSKEY Missing";
    RRSIGS_MISSING = 10 "RRSIGs Missing";
    NO_ZONE_KEY_BIT_SET = 11 "No Zone Key Bit Set";
    NSEC_MISSING = 12 "NSEC Missing";
    CACHED_ERROR = 13 "Cached Error";
    NOT_READY = 14 "Not Ready";
    BLOCKED = 15 "Blocked";
    CENSORED = 16 "Censored";
    FILTERED = 17 "Filtered";
    PROHIBITED = 18 "Prohibited";
    STALE_NXDOMAIN_ANSWER = 19 "Stale NXDOMAIN Answer";
    NOT_AUTHORITATIVE = 20 "Not Authoritative";
    NOT_SUPPORTED = 21 "Not Supported";
    NO_REACHABLE_AUTHORITY = 22 "No Reachable Authority";
    NETWORK_ERROR = 23 "Network Error";
    INVALID_DATA = 24 "Invalid Data";
    SIGNATURE_EXPIRED_BEFORE_VALID = 25 "Signature Expired before Valid";
    TOO_EARLY = 26 "Too Early";
    UNSUPPORTED_NSEC3_ITERATIONS_VALUE = 27 "Unsupported NSEC3 Iterations Value";
    UNABLE_TO_CONFORM_TO_POLICY = 28 "Unable to conform to policy";
    SYNTHESIZED = 29 "Synthesized";
    INVALID_QUERY_TYPE = 30 "Invalid Query Type";
}

impl fmt::Display for InfoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.purpose() {
            Some(purpose) => f.write_str(purpose),
            None => write!(f, "INFOCODE{}", self.0),
        }
    }
}

impl fmt::Debug for InfoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
