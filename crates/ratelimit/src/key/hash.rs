//! [`KeyHasher`]: a keyed hash, so that nobody outside can aim at a cell.

use std::{
    fmt,
    hash::{BuildHasher, Hash, Hasher, RandomState},
};

use rapidhash::quality::{RapidHasher, SeedableState};

#[cfg(feature = "redis")]
use crate::redis::SharedHash;

/// Hashes keys under a secret.
///
/// Without the secret nobody can find keys that share a bucket, so a bucket overflows only by
/// chance. Equal keys have equal hashes under the same seed in the same build only: hashes are not
/// for disks and not for other nodes.
///
/// ```
/// use eaves_ratelimit::key::KeyHasher;
///
/// let hasher = KeyHasher::with_seed(0x5eed); // KeyHasher::random() in production
/// assert_eq!(hasher.hash("198.51.100.7"), hasher.hash("198.51.100.7"));
/// assert_ne!(hasher.hash("198.51.100.7"), KeyHasher::with_seed(1).hash("198.51.100.7"));
/// ```
#[derive(Clone)]
pub struct KeyHasher {
    seed: u64,
    secrets: [u64; 7],
    #[cfg(feature = "redis")]
    shared: Option<SharedHash>,
}

impl KeyHasher {
    /// Makes a hasher whose secret grows out of `seed`, which must not be known outside.
    #[must_use]
    pub fn with_seed(seed: u128) -> Self {
        let (low, high) = (seed as u64, (seed >> 64) as u64);
        let mut word = low;
        // An odd constant sets the eight words apart; a zero word would let input cancel out.
        let mut next = || {
            word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
            (mixed(mixed(word) ^ high)) | 1
        };
        Self {
            seed: next(),
            secrets: std::array::from_fn(|_| next()),
            #[cfg(feature = "redis")]
            shared: None,
        }
    }

    /// Makes a hasher by which keys of requests have one name on all nodes, whatever they were built by.
    ///
    /// The secret has to be the same on all of them, and unknown outside. Keys are hashed by
    /// `SipHash-2-4`, which takes a little longer.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn shared(secret: u128) -> Self {
        Self {
            shared: Some(SharedHash::new(secret)),
            ..Self::with_seed(secret)
        }
    }

    #[cfg(feature = "redis")]
    pub(crate) const fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// The hash that nodes share, if this is one.
    #[cfg(feature = "redis")]
    pub(crate) const fn as_shared(&self) -> Option<&SharedHash> {
        self.shared.as_ref()
    }

    /// The key of requests that lack one.
    pub(crate) fn keyless(&self) -> KeyHash {
        #[cfg(feature = "redis")]
        if let Some(shared) = &self.shared {
            return shared.keyless();
        }
        self.hash("a request without a key")
    }

    /// Makes a hasher with a seed of this process, from the same source as std's hash maps.
    #[must_use]
    pub fn random() -> Self {
        let half = |half: u8| u128::from(RandomState::new().hash_one(half));
        Self::with_seed((half(0) << 64) | half(1))
    }

    /// Hashes a key.
    #[inline]
    pub fn hash<K: Hash + ?Sized>(&self, key: &K) -> KeyHash {
        let mut hasher = self.start();
        key.hash(&mut hasher);
        KeyHash(hasher.finish())
    }

    /// Begins a hash that is fed in pieces.
    #[inline]
    pub(crate) fn start(&self) -> RapidHasher<'_> {
        SeedableState::custom(self.seed, &self.secrets).build_hasher()
    }
}

impl fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyHasher").finish_non_exhaustive()
    }
}

/// The hash of a key: all that a table knows of it.
///
/// ```
/// use eaves_ratelimit::key::KeyHash;
///
/// assert_eq!(KeyHash::new(7).as_u64(), 7); // a well mixed 64-bit hash of your own
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyHash(u64);

impl KeyHash {
    /// Takes a hash made elsewhere: all its bits must be well mixed, under a secret.
    #[must_use]
    pub const fn new(hash: u64) -> Self {
        Self(hash)
    }

    /// Returns the hash.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

/// The finalizer of splitmix64 (Steele, Lea, Flood 2014), a bijection that mixes every bit.
const fn mixed(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
