//! [`Signer`]: makes tokens and checks them.

use core::fmt;

use eaves_common::time::Wall;
use ring::hmac;

use super::{Token, token::Scope};
use crate::key::normal_path;

/// Keys by name; the first signs, all verify.
///
/// ```
/// use eaves_cache::sign::{Grant, Signer, Verdict};
/// use eaves_common::time::Wall;
///
/// let signer = Signer::new("2026-09", b"a secret of at least 32 random bytes").accepting("2026-08", b"the one before");
/// let token = signer.sign(&Grant::below("/videos/7"), Wall::from_secs(2_000_000_000)).to_string();
///
/// let now = Wall::from_secs(1_790_000_000);
/// assert_eq!(signer.check(&token, "/videos/7/part-1.ts", now), Verdict::Valid);
/// assert_eq!(signer.check(&token, "/videos/7/../8/part-1.ts", now), Verdict::OtherPath);
/// assert_eq!(signer.check(&token, "/videos/7", Wall::from_secs(2_000_000_000)), Verdict::Expired);
/// ```
#[derive(Clone)]
pub struct Signer {
    keys: Vec<(String, hmac::Key)>,
}

/// What a token gives access to.
///
/// ```
/// use eaves_cache::sign::Grant;
///
/// assert_ne!(Grant::exactly("/a"), Grant::below("/a"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    scope: Scope,
    path: String,
}

impl Grant {
    /// Access to one path.
    #[must_use]
    pub fn exactly(path: &str) -> Self {
        Self {
            scope: Scope::Exactly,
            path: normal_path(path),
        }
    }

    /// Access to a path and all below it: `/a` covers `/a` and `/a/b`, never `/ab`.
    #[must_use]
    pub fn below(path: &str) -> Self {
        Self {
            scope: Scope::Below,
            path: normal_path(path),
        }
    }

    fn covers(&self, path: &str) -> bool {
        match (self.scope, path.strip_prefix(self.path.as_str())) {
            (_, Some("")) => true,
            (Scope::Below, Some(rest)) => self.path.ends_with('/') || rest.starts_with('/'),
            _ => false,
        }
    }
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
#[non_exhaustive]
pub enum Verdict {
    /// The token is ours, is in time, and covers the path.
    Valid,
    /// The token is ours, but its time is over.
    Expired,
    /// The signature is not this key's: forged, or changed.
    Forged,
    /// It is no token.
    Malformed,
    /// The token is ours, but for another path.
    OtherPath,
    /// The key it names is not known, or no longer.
    UnknownKey,
}

impl Signer {
    /// Makes a signer. The key's name stands in every token: letters, digits, `-` and `_`.
    #[must_use]
    pub fn new(name: &str, secret: &[u8]) -> Self {
        Self { keys: Vec::new() }.accepting(name, secret)
    }

    /// Adds a key that is accepted, but does not sign unless it is the first.
    #[must_use]
    pub fn accepting(mut self, name: &str, secret: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        self.keys.push((name.to_owned(), key));
        self
    }

    /// Signs a grant that ends at `expires`, rounded down to the second.
    #[must_use]
    pub fn sign(&self, grant: &Grant, expires: Wall) -> Token {
        let (name, key) = &self.keys[0];
        let message = message(name, grant, expires.as_secs());
        Token {
            key: name.clone(),
            expires: expires.as_secs(),
            scope: grant.scope,
            path: grant.path.clone(),
            mac: hmac::sign(key, &message).as_ref().to_vec(),
        }
    }

    /// Checks a token, as it stands in a query or a cookie, for a request's path.
    pub fn check(&self, token: &str, path: &str, now: Wall) -> Verdict {
        let Ok(token) = token.parse::<Token>() else {
            return Verdict::Malformed;
        };
        let Some((name, key)) = self.keys.iter().find(|(name, _)| *name == token.key) else {
            return Verdict::UnknownKey;
        };
        let grant = Grant {
            scope: token.scope,
            path: token.path,
        };
        // `ring` compares in constant time; nothing is told about a token before this.
        if hmac::verify(key, &message(name, &grant, token.expires), &token.mac).is_err() {
            return Verdict::Forged;
        }
        if now.as_secs() >= token.expires {
            return Verdict::Expired;
        }
        if grant.covers(&normal_path(path)) {
            Verdict::Valid
        } else {
            Verdict::OtherPath
        }
    }
}

impl fmt::Debug for Signer {
    /// Names the keys and shows no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|(name, _)| name))
            .finish()
    }
}

/// No part can hold a zero byte but the path, which is the last.
fn message(key: &str, grant: &Grant, expires: u64) -> Vec<u8> {
    format!(
        "eaves-1\0{key}\0{expires}\0{}\0{}",
        grant.scope.as_str(),
        grant.path
    )
    .into_bytes()
}
