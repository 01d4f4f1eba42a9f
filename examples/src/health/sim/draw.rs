//! Random numbers that depend on what they are for, and on nothing that was drawn before.

/// What a number is drawn for.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(super) enum For {
    Arrival = 1,
    Error,
    Latency,
    Jitter,
    Phase,
    Pick,
    Probe,
}

/// Returns a number in `0.0..1.0`.
pub(super) fn unit(seed: u64, what: For, number: u64, origin: usize) -> f64 {
    (bits(seed, what, number, origin) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Returns a number from the exponential distribution of mean 1.
pub(super) fn exponential(seed: u64, what: For, number: u64, origin: usize) -> f64 {
    -(1.0 - unit(seed, what, number, origin)).ln()
}

/// Returns 64 bits.
pub(super) fn bits(seed: u64, what: For, number: u64, origin: usize) -> u64 {
    let origin = origin as u64 + 1;
    [what as u64, number, origin]
        .into_iter()
        .fold(mix(seed), |hash, part| {
            mix(hash ^ part.wrapping_mul(0x9E37_79B9_7F4A_7C15))
        })
}

/// The finaliser of `SplitMix64`: every bit of the value changes half of the result's.
fn mix(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
