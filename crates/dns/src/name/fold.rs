//! Comparing and hashing octets while ignoring the case of ASCII letters, eight at a time.
//!
//! Length octets are at most 63 and so never in `A..=Z`: whole names can be folded in one go.

use core::cmp::Ordering;

use wide::u8x16;

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
    match (a.last_chunk::<16>(), b.last_chunk::<16>()) {
        // The last sixteen octets overlap those before, so that no rest is left.
        (Some(x), Some(y)) => {
            let (left, right) = (a.as_chunks().0, b.as_chunks().0);
            let mut faults = faults(x, y);
            for (x, y) in left.iter().zip(right) {
                faults |= self::faults(x, y);
            }
            is_zero(faults)
        }
        _ => {
            let first = |bytes: &[u8]| {
                bytes
                    .first_chunk()
                    .map_or(0, |octets| word(u64::from_le_bytes(*octets)))
            };
            first(a) == first(b) && word(tail(a)) == word(tail(b))
        }
    }
}

/// As [`equal`], for arrays that hold names and zeros behind them: which octets are looked at depends
/// on no length, but that the second half is left out if both names end before it.
#[inline]
pub(crate) fn equal_padded(a: &[u8; PADDED], b: &[u8; PADDED], len: usize) -> bool {
    let ([a0, a1, a2], [.., a3]) = (blocks(a), a.as_rchunks::<16>().1) else {
        return equal(a, b);
    };
    let ([b0, b1, b2], [.., b3]) = (blocks(b), b.as_rchunks::<16>().1) else {
        return equal(a, b);
    };
    let first = faults(a0, b0) | faults(a1, b1);
    if len <= 32 {
        return is_zero(first);
    }
    is_zero(first | faults(a2, b2) | faults(a3, b3))
}

/// The length of the arrays that [`equal_padded`] compares.
pub(crate) const PADDED: usize = 62;

#[inline]
fn blocks(octets: &[u8]) -> &[[u8; 16]] {
    octets.as_chunks().0
}

#[inline]
fn is_zero(lanes: u8x16) -> bool {
    lanes.cmp_eq(u8x16::ZERO).move_mask() == 0xffff
}

/// The bits in which octets differ other than by the case of a letter.
#[inline]
fn faults(x: &[u8; 16], y: &[u8; 16]) -> u8x16 {
    let case = u8x16::splat(0x20);
    let (x, y) = (u8x16::new(*x), u8x16::new(*y));
    let letter = (x | case) - u8x16::splat(b'a');
    let is_letter = letter.min(u8x16::splat(25)).cmp_eq(letter);
    (x ^ y) & !(is_letter & case)
}

/// Compares two slices octet by octet while ignoring the case of ASCII letters; where one begins with the
/// other, the shorter comes first.
#[inline]
pub(crate) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let len = a.len().min(b.len());
    let (x, y) = (&a[..len], &b[..len]);
    let (left, _) = x.as_chunks();
    let (right, _) = y.as_chunks();
    for (x, y) in left.iter().zip(right) {
        let (x, y) = (word(u64::from_be_bytes(*x)), word(u64::from_be_bytes(*y)));
        if x != y {
            return x.cmp(&y);
        }
    }
    // Octets taken once more are equal, so they decide nothing.
    let rest = word(last(x)).cmp(&word(last(y)));
    rest.then(a.len().cmp(&b.len()))
}

/// The last octets of a slice as one word that compares as they do; some may stand in it twice.
#[inline]
fn last(bytes: &[u8]) -> u64 {
    if let Some(last) = bytes.last_chunk() {
        return u64::from_be_bytes(*last);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u64::from(u32::from_be_bytes(*first)) << 32 | u64::from(u32::from_be_bytes(*last));
    }
    match bytes {
        [] => 0,
        [first, .., last] => {
            u64::from(*first) << 16 | u64::from(bytes[bytes.len() / 2]) << 8 | u64::from(*last)
        }
        [only] => u64::from(*only) << 16,
    }
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
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_ascii_letters_are_folded() {
        for octet in 0..=255_u8 {
            let folded = word(u64::from_le_bytes([octet; 8])).to_le_bytes();
            assert_eq!(folded, [octet.to_ascii_lowercase(); 8]);
        }
    }

    fn folded(bytes: &[u8]) -> Vec<u8> {
        bytes.to_ascii_lowercase()
    }

    proptest! {
        #[test]
        fn words_do_what_octets_would(
            a in proptest::collection::vec(any::<u8>(), 0..80),
            changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..3),
            cases in any::<u64>(),
            cut in 0..4_usize,
        ) {
            let mut b: Vec<u8> = a.iter().enumerate().map(|(place, octet)| match octet {
                b'a'..=b'z' | b'A'..=b'Z' => octet ^ ((cases >> (place % 64)) as u8 & 1) << 5,
                other => *other,
            }).collect();
            for (place, octet) in changes {
                if !b.is_empty() {
                    let place = place % b.len();
                    b[place] = octet;
                }
            }
            b.truncate(b.len().saturating_sub(cut.saturating_sub(1)));
            prop_assert_eq!(equal(&a, &b), folded(&a) == folded(&b));
            if a.len() <= PADDED && a.len() == b.len() {
                let (mut x, mut y) = ([0; PADDED], [0; PADDED]);
                x[..a.len()].copy_from_slice(&a);
                y[..b.len()].copy_from_slice(&b);
                prop_assert_eq!(equal_padded(&x, &y, a.len()), equal(&a, &b));
            }
            prop_assert_eq!(compare(&a, &b), folded(&a).cmp(&folded(&b)));
            prop_assert_eq!(compare(&b, &a), folded(&b).cmp(&folded(&a)));
            prop_assert!(!equal(&a, &b) || mix(&a, 7) == mix(&b, 7));
        }
    }

    #[test]
    fn every_pair_of_octets_is_told_apart_or_folded() {
        for len in [1, 3, 5, 9, 16, 17, 40] {
            for (x, y) in (0..=255_u8).flat_map(|x| (0..=255_u8).map(move |y| (x, y))) {
                let (mut a, mut b) = (vec![b'-'; len], vec![b'-'; len]);
                (a[len - 1], b[len - 1]) = (x, y);
                assert_eq!(equal(&a, &b), x.eq_ignore_ascii_case(&y), "{x} {y} {len}");
                let order = x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase());
                assert_eq!(compare(&a, &b), order, "{x} {y} {len}");
            }
        }
    }
}
