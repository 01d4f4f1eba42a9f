//! Comparing and hashing octets while ignoring the case of ASCII letters, eight at a time.
//!
//! Length octets are at most 63 and so never in `A..=Z`: whole names can be folded in one go.

/// Lower-cases the ASCII letters among eight octets.
#[inline]
pub(crate) const fn word(value: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let seven = value & (0x7f * ONES);
    let at_least_a = seven + (0x80 - b'A' as u64) * ONES;
    let above_z = seven + (0x80 - b'Z' as u64 - 1) * ONES;
    let upper = (at_least_a & !above_z & !value) & (0x80 * ONES);
    value | upper >> 2
}

#[inline]
fn load(chunk: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes[..chunk.len()].copy_from_slice(chunk);
    u64::from_le_bytes(bytes)
}

/// The last octets of a slice as one word; of a slice of eight or more, its last eight.
#[inline]
fn tail(bytes: &[u8]) -> u64 {
    if let Some(last) = bytes.last_chunk() {
        return u64::from_le_bytes(*last);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32;
    }
    load(bytes)
}

/// Says whether two slices are equal but for the case of ASCII letters.
#[inline]
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let (left, _) = a.as_chunks::<8>();
    let (right, _) = b.as_chunks::<8>();
    for (x, y) in left.iter().zip(right) {
        let (x, y) = (u64::from_le_bytes(*x), u64::from_le_bytes(*y));
        if x != y && word(x) != word(y) {
            return false;
        }
    }
    a.len().is_multiple_of(8) || word(tail(a)) == word(tail(b))
}

/// Mixes folded octets into a hash; not keyed, so only for tables whose probes are bounded.
#[inline]
pub(crate) fn mix(bytes: &[u8], seed: u64) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = (seed ^ bytes.len() as u64).wrapping_mul(ODD);
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        state = (state.rotate_left(23) ^ word(u64::from_le_bytes(*chunk))).wrapping_mul(ODD);
    }
    if !rest.is_empty() {
        state = (state.rotate_left(23) ^ word(tail(bytes))).wrapping_mul(ODD);
    }
    state ^ state >> 29
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_letters_are_folded() {
        for octet in 0..=255_u8 {
            let folded = word(u64::from_le_bytes([octet; 8])).to_le_bytes();
            assert_eq!(folded, [octet.to_ascii_lowercase(); 8]);
        }
    }

    #[test]
    fn equality_ignores_case_at_every_length() {
        for len in 0..40 {
            let a = vec![b'Q'; len];
            let mut b = vec![b'q'; len];
            assert!(equal(&a, &b));
            assert_eq!(mix(&a, 1), mix(&b, 1));
            if let Some(last) = b.last_mut() {
                *last = b'z';
                assert!(!equal(&a, &b));
            }
        }
    }
}
