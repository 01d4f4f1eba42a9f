//! Integer mixing: cheap, and the same on every machine, so that all of a fleet agree.

/// Spreads every bit of a number over all of them (the finaliser of `SplitMix64`).
pub(super) const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Mixes two numbers into one.
pub(super) const fn mix2(a: u64, b: u64) -> u64 {
    mix(a ^ b.wrapping_mul(GOLDEN).rotate_left(32))
}

/// Maps a hash evenly to `0..n`, without a division.
pub(super) const fn reduce(hash: u64, n: u32) -> u32 {
    ((hash as u128 * n as u128) >> 64) as u32
}

/// 2^64 over the golden ratio: steps that spread evenly.
pub(super) const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
