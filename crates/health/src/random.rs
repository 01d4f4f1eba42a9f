//! Random numbers for choices that nobody must foresee, but everybody may repeat by seed.

/// `SplitMix64`: one addition and a mix of the bits for each number.
#[derive(Clone, Debug)]
pub(crate) struct SplitMix(u64);

/// 2^64 over the golden ratio: steps that spread evenly.
pub(crate) const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

impl SplitMix {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// Returns a number in `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Spreads every bit of `value` over all 64, the same way on every machine.
#[inline]
pub(crate) const fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
