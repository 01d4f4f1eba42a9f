//! [`Token`]: `KEY.EXPIRES.SCOPE.MAC.PATH`, the last two as hex digits.

use core::{fmt, str::FromStr};

/// A signed grant as text.
///
/// ```
/// use eaves_cache::sign::{Grant, Signer, Token};
/// use eaves_common::time::Wall;
///
/// let token = Signer::new("k", b"secret").sign(&Grant::exactly("/a"), Wall::from_secs(60));
/// assert!(token.to_string().starts_with("k.60.exactly."));
/// assert_eq!(token.to_string().parse::<Token>(), Ok(token));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    pub(super) key: String,
    pub(super) expires: u64,
    pub(super) scope: Scope,
    pub(super) path: String,
    pub(super) mac: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Scope {
    Below,
    Exactly,
}

impl Scope {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Below => "below",
            Self::Exactly => "exactly",
        }
    }
}

/// Why a text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// A part is missing or cannot be read.
    #[error("token has no valid {part}")]
    Part {
        /// Which part it is.
        part: &'static str,
    },
    /// The text is longer than any token.
    #[error("token of {len} bytes is longer than {LONGEST}")]
    TooLong {
        /// The length of the text.
        len: usize,
    },
}

impl From<TokenError> for eaves_common::Error {
    fn from(error: TokenError) -> Self {
        Self::with_source(eaves_common::ErrorKind::Invalid, "reading a token", error)
    }
}

const LONGEST: usize = 4096;

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}.", self.key, self.expires, self.scope.as_str())?;
        write_hex(&self.mac, f)?;
        f.write_str(".")?;
        write_hex(self.path.as_bytes(), f)
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        if text.len() > LONGEST {
            return Err(TokenError::TooLong { len: text.len() });
        }
        let mut parts = text.split('.');
        let mut part = |part: &'static str| parts.next().ok_or(TokenError::Part { part });
        let (key, expires, scope) = (part("key")?, part("time")?, part("scope")?);
        let (mac, path) = (part("signature")?, part("path")?);
        let scope = [Scope::Below, Scope::Exactly]
            .into_iter()
            .find(|known| known.as_str() == scope);
        let invalid = |part: &'static str| TokenError::Part { part };
        let token = Self {
            key: key.to_owned(),
            expires: digits(expires).ok_or_else(|| invalid("time"))?,
            scope: scope.ok_or_else(|| invalid("scope"))?,
            mac: read_hex(mac).ok_or_else(|| invalid("signature"))?,
            path: read_hex(path)
                .and_then(|path| String::from_utf8(path).ok())
                .ok_or_else(|| invalid("path"))?,
        };
        if parts.next().is_some() {
            Err(invalid("end"))
        } else {
            Ok(token)
        }
    }
}

/// Digits as they are written, so that one time has one text.
fn digits(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn read_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| {
        (*byte as char)
            .to_digit(16)
            .filter(|_| !byte.is_ascii_uppercase())
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| Some((digit(&pair[0])? << 4 | digit(pair.get(1)?)?) as u8))
        .collect()
}

#[cfg(test)]
mod tests {
    use eaves_common::time::Wall;

    use crate::sign::{Grant, Signer, Verdict};

    const NOW: Wall = Wall::from_secs(1_790_000_000);
    const LATER: Wall = Wall::from_secs(1_790_000_060);

    #[test]
    fn every_change_of_a_token_is_noticed() {
        let signer = Signer::new("k", b"secret");
        let token = signer.sign(&Grant::below("/a"), LATER).to_string();
        assert_eq!(signer.check(&token, "/a/b", NOW), Verdict::Valid);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert_ne!(
                signer.check(&changed, "/a/b", NOW),
                Verdict::Valid,
                "{changed}"
            );
            assert_ne!(signer.check(&token[..at], "/a/b", NOW), Verdict::Valid);
        }
    }

    #[test]
    fn a_token_ends_with_the_second_it_names() {
        let signer = Signer::new("k", b"secret");
        let token = signer.sign(&Grant::exactly("/a"), LATER).to_string();
        for (secs, verdict) in [
            (1_790_000_059, Verdict::Valid),
            (1_790_000_060, Verdict::Expired),
            (1_790_000_061, Verdict::Expired),
        ] {
            assert_eq!(signer.check(&token, "/a", Wall::from_secs(secs)), verdict);
        }
    }

    #[test]
    fn keys_rotate() {
        let old = Signer::new("old", b"1");
        let token = old.sign(&Grant::exactly("/a"), LATER).to_string();
        let both = Signer::new("new", b"2").accepting("old", b"1");
        assert_eq!(both.check(&token, "/a", NOW), Verdict::Valid);
        assert_eq!(both.check(&token, "/a/b", NOW), Verdict::OtherPath);
        assert_eq!(
            Signer::new("new", b"2").check(&token, "/a", NOW),
            Verdict::UnknownKey
        );
        assert_eq!(
            Signer::new("old", b"2").check(&token, "/a", NOW),
            Verdict::Forged
        );
    }

    #[test]
    fn a_prefix_ends_at_a_segment() {
        let signer = Signer::new("k", b"secret");
        for (prefix, path, verdict) in [
            ("/a", "/ab", Verdict::OtherPath),
            ("/a/", "/a/b", Verdict::Valid),
            ("/a/", "/a", Verdict::OtherPath),
            ("/", "/anything", Verdict::Valid),
            ("/a", "/b/../a/%62", Verdict::Valid),
            ("/a", "/a/%2e%2e/b", Verdict::OtherPath),
        ] {
            let token = signer.sign(&Grant::below(prefix), LATER).to_string();
            assert_eq!(signer.check(&token, path, NOW), verdict, "{prefix} {path}");
        }
    }
}
