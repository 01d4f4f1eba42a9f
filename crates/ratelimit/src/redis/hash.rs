//! [`SharedHash`]: one name for a key on all nodes.

use std::hash::Hasher as _;

use eaves_common::units::IpPrefix;
use siphasher::sip::SipHasher24;

use crate::{
    error::KeyError,
    key::{Facts, KeyHash, Part},
};

/// `SipHash-2-4` under a secret of the service: the same on all nodes, whatever they were built by, and
/// nothing that tells whose key it is without the secret.
#[derive(Clone)]
pub(crate) struct SharedHash(SipHasher24);

impl SharedHash {
    pub(crate) fn new(secret: u128) -> Self {
        let (low, high) = (secret as u64, (secret >> 64) as u64);
        Self(SipHasher24::new_with_keys(low, high))
    }

    /// The name of requests that lack a key.
    pub(crate) fn keyless(&self) -> KeyHash {
        let mut hasher = self.0;
        hasher.write(&[u8::MAX]); // no key begins so
        KeyHash::new(hasher.finish())
    }

    pub(crate) fn hash_parts(
        &self,
        parts: &[Part],
        facts: &Facts<'_>,
    ) -> Result<KeyHash, KeyError> {
        let mut hasher = self.0;
        for (at, part) in parts.iter().enumerate() {
            let missing = || KeyError::Missing { at };
            match part {
                Part::ClientIp { v4, v6 } => {
                    let addr = facts.client().ok_or_else(missing)?;
                    feed_prefix(IpPrefix::aggregate(addr, *v4, *v6), &mut hasher);
                }
                _ => feed_text(part, part.text(facts).ok_or_else(missing)?, &mut hasher),
            }
        }
        Ok(KeyHash::new(hasher.finish()))
    }

    /// Hashes a key that is written down, as the request's own would be.
    pub(crate) fn hash_texts(&self, parts: &[Part], texts: &[String]) -> Option<KeyHash> {
        let mut hasher = self.0;
        for (part, text) in parts.iter().zip(texts) {
            match part {
                Part::ClientIp { v4, v6 } => {
                    let addr = text.parse().ok()?;
                    feed_prefix(IpPrefix::aggregate(addr, *v4, *v6), &mut hasher);
                }
                _ => feed_text(part, text.as_bytes(), &mut hasher),
            }
        }
        (parts.len() == texts.len()).then(|| KeyHash::new(hasher.finish()))
    }
}

fn feed_prefix(prefix: IpPrefix, hasher: &mut SipHasher24) {
    match prefix.network() {
        std::net::IpAddr::V4(addr) => {
            hasher.write(&[4]);
            hasher.write(&addr.octets());
        }
        std::net::IpAddr::V6(addr) => {
            hasher.write(&[6]);
            hasher.write(&addr.octets());
        }
    }
}

fn feed_text(part: &Part, text: &[u8], hasher: &mut SipHasher24) {
    hasher.write(&[0]);
    hasher.write(&(text.len() as u64).to_le_bytes());
    if *part == Part::Host {
        text.iter()
            .for_each(|byte| hasher.write(&[byte.to_ascii_lowercase()]));
    } else {
        hasher.write(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes of different builds must agree, so these never change.
    #[test]
    fn names_are_the_same_for_ever() {
        let hash = SharedHash::new(0x5eed);
        let values = [("tenant", "acme")];
        let facts = Facts::of("198.51.100.7".parse().unwrap()).values(&values);
        let v6 = Facts::of("2001:db8::1".parse().unwrap());
        let of = |parts: &[Part], facts| hash.hash_parts(parts, facts).unwrap().as_u64();
        let tenant: Part = "value.tenant".parse().unwrap();
        let names = [
            of(&[], &facts),
            of(&[Part::CLIENT_IP], &facts),
            of(&[Part::CLIENT_IP], &v6),
            of(&[Part::CLIENT_IP, tenant], &facts),
        ];
        assert_eq!(names, NAMES);
    }

    const NAMES: [u64; 4] = [
        0xbbfb_5802_6185_6fd0,
        0xd613_002e_5f00_6131,
        0xe0bf_2d8e_9e6b_37e2,
        0x3bdf_3765_a658_53b0,
    ];

    #[test]
    fn a_key_written_down_is_the_request_s_own() {
        let hash = SharedHash::new(7);
        let parts = [Part::CLIENT_IP, Part::Host];
        let request = http::Request::get("http://API.example/").body(()).unwrap();
        let (head, ()) = request.into_parts();
        let facts = Facts::of("2001:db8::9".parse().unwrap()).request(&head);
        let texts = ["2001:db8::".to_owned(), "api.EXAMPLE".to_owned()];
        let written = hash.hash_texts(&parts, &texts).unwrap();
        assert_eq!(hash.hash_parts(&parts, &facts), Ok(written));
        assert_ne!(hash.keyless(), written);
        assert_eq!(hash.hash_texts(&parts, &texts[..1]), None);
    }
}
