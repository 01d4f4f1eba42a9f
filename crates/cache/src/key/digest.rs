//! [`Digest`]: a short name of a key.

use core::fmt;

/// A short name of a [`Key`](super::Key), for logs and for interfaces that name keys: FNV-1a of 128 bits (RFC 9923) over
/// its bytes, which no version of this crate changes.
///
/// It tells keys apart that happen to be there. It does not withstand somebody who looks for two keys with one digest, so
/// that nothing is served by it alone.
///
/// ```
/// use eaves_cache::key::Key;
///
/// let key = Key::of_uri(&"http://a.example/".parse().unwrap()).unwrap();
/// assert_eq!(key.digest().to_string(), "66567d582763650e45c4580e96a7c07b");
/// assert_eq!(key.digest().to_string().parse(), Ok(key.digest()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(u128);

impl Digest {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let add = |hash: u128, byte: &u8| (hash ^ u128::from(*byte)).wrapping_mul(PRIME);
        Self(bytes.iter().fold(BASIS, add))
    }

    /// Returns it as a number.
    #[must_use]
    pub const fn as_u128(self) -> u128 {
        self.0
    }
}

/// RFC 9923 section 5.
const PRIME: u128 = (1 << 88) + 0x13b;
const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;

/// A text is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest has 32 hexadecimal digits")]
#[non_exhaustive]
pub struct DigestError;

impl core::str::FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = digits
            .then(|| u128::from_str_radix(text, 16).ok())
            .flatten();
        number.map(Self).ok_or(DigestError)
    }
}

impl From<DigestError> for eaves_common::Error {
    fn from(error: DigestError) -> Self {
        Self::with_source(
            eaves_common::ErrorKind::Invalid,
            "reading the digest of a key",
            error,
        )
    }
}

impl fmt::Display for Digest {
    /// Writes 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standard() {
        for (text, expected) in [
            ("", "6c62272e07bb014262b821756295c58d"),
            ("a", "d228cb696f1a8caf78912b704e4a8964"),
            ("foobar", "343e1662793c64bf6f0d3597ba446f18"),
        ] {
            let digest = Digest::of(text.as_bytes());
            assert_eq!(digest.to_string(), expected, "{text}");
            assert_eq!(expected.parse(), Ok(digest));
        }
        for text in [
            "",
            "6c62272e07bb014262b821756295c58",
            "+c62272e07bb014262b821756295c58d",
        ] {
            assert_eq!(text.parse::<Digest>(), Err(DigestError), "{text}");
        }
    }
}
