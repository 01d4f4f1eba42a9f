//! What hashing algorithms know of a member: it must be the same in every process.

use super::Slot;
use crate::random::mix;

/// A member as hashing sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyed {
    pub(crate) slot: Slot,
    pub(crate) weight: u32,
    /// From the name alone: ids and slots depend on what happened to the pool before.
    pub(crate) hash: u64,
}

pub(crate) fn hash_name(name: &str) -> u64 {
    let start = mix(name.len() as u64 ^ 0x5EED);
    name.as_bytes().chunks(8).fold(start, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        mix(hash ^ u64::from_le_bytes(word))
    })
}

/// A table that some selector of the pool needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Maglev,
    Ring,
}
