//! Keys of parameters.

use core::fmt;

/// The key of a parameter.
///
/// ```
/// use eaves_dns::svcb::SvcKey;
///
/// assert_eq!(SvcKey::ALPN.to_string(), "alpn");
/// assert_eq!(SvcKey(667).to_string(), "key667");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SvcKey(pub u16);

macro_rules! keys {
    ($($(#[$doc:meta])+ $name:ident = $number:literal $text:literal;)*) => {
        impl SvcKey {
            $($(#[$doc])+ pub const $name: Self = Self($number);)*

            /// Returns the name, if the key has one.
            #[must_use]
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($text),)*
                    _ => None,
                }
            }

            /// Reads a name or `keyNNN`, in lower case and without leading zeros.
            pub(crate) fn from_token(text: &[u8]) -> Option<Self> {
                $(if text == $text.as_bytes() {
                    return Some(Self($number));
                })*
                Self::numbered(text)
            }
        }
    };
}

keys! {
    /// Keys that a client must understand.
    MANDATORY = 0 "mandatory";
    /// Protocols beyond the default.
    ALPN = 1 "alpn";
    /// The default protocol is not spoken.
    NO_DEFAULT_ALPN = 2 "no-default-alpn";
    /// The port.
    PORT = 3 "port";
    /// IPv4 addresses to go on with.
    IPV4HINT = 4 "ipv4hint";
    /// Configurations for Encrypted Client Hello (RFC 9848).
    ECH = 5 "ech";
    /// IPv6 addresses to go on with.
    IPV6HINT = 6 "ipv6hint";
    /// The URI template of a DNS-over-HTTPS server (RFC 9461).
    DOHPATH = 7 "dohpath";
    /// An Oblivious HTTP target (RFC 9540).
    OHTTP = 8 "ohttp";
    /// Key exchange groups the server supports.
    TLS_SUPPORTED_GROUPS = 9 "tls-supported-groups";
    /// The path of a DNS-over-CoAP server.
    DOCPATH = 10 "docpath";
}

impl SvcKey {
    fn numbered(text: &[u8]) -> Option<Self> {
        let digits = text.strip_prefix(b"key")?;
        let has_leading_zero = digits.len() > 1 && digits[0] == b'0';
        if has_leading_zero || digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        core::str::from_utf8(digits).ok()?.parse().ok().map(Self)
    }
}

impl fmt::Display for SvcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "key{}", self.0),
        }
    }
}

impl fmt::Debug for SvcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
