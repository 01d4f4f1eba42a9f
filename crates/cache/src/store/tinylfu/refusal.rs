//! [`Refusal`]: why an entry was not taken.

use eaves_common::{Error, ErrorKind};

use super::admission::LOOKS;

/// Why [`TinyLfu::insert`](super::TinyLfu::insert) did not take an entry.
///
/// Being refused is the normal fate of most objects that are asked for once.
///
/// ```
/// use eaves_cache::store::tinylfu::{Config, Refusal, TinyLfu};
/// use eaves_common::units::ByteSize;
///
/// let cache = TinyLfu::new(Config::new(ByteSize::from_kib(64)).shards(1).entry_cost(0));
/// let refused = cache.insert("large", (), 65_537);
/// assert_eq!(refused, Err(Refusal::TooLarge { weight: 65_537, limit: 65_536 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Too many small entries would have had to leave for it.
    #[error("an entry of {weight} bytes would have displaced more than {victims} others")]
    Crowded {
        /// Its weight, what every entry costs included.
        weight: u64,
        /// How many did leave, or were looked at, before it was given up.
        victims: u32,
    },
    /// What would have had to leave is worth more.
    #[error("an entry of {weight} bytes is worth less than what would have had to leave")]
    Outvalued {
        /// Its weight, what every entry costs included.
        weight: u64,
    },
    /// What is not reserved for others is not enough.
    #[error("an entry of {weight} bytes finds too much room reserved for others")]
    Reserved {
        /// Its weight, what every entry costs included.
        weight: u64,
    },
    /// It is larger than a shard's part of the budget.
    #[error("an entry of {weight} bytes exceeds the {limit} bytes of a shard")]
    TooLarge {
        /// Its weight, what every entry costs included.
        weight: u64,
        /// The shard's part of the budget.
        limit: u64,
    },
}

impl Refusal {
    /// So many critical sections did not make room enough.
    pub(super) const fn crowded(weight: u64, rounds: u32) -> Self {
        Self::Crowded {
            weight,
            victims: rounds * LOOKS,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(ErrorKind::Limit, refusal.to_string())
    }
}
