//! Integer mixing: cheap, and the same on every machine, so that all of a fleet agree.

pub(super) use crate::random::{GAMMA as GOLDEN, mix};

/// Mixes two numbers into one.
pub(super) const fn mix2(a: u64, b: u64) -> u64 {
    mix(a ^ b.wrapping_mul(GOLDEN).rotate_left(32))
}

/// Maps a hash evenly to `0..n`, without a division.
pub(super) const fn reduce(hash: u64, n: u32) -> u32 {
    ((hash as u128 * n as u128) >> 64) as u32
}
