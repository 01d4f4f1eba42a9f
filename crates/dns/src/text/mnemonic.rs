//! Words that stand for numbers.

use crate::text::block::Block;

/// Up to eight octets in lower case as one number, by which words are told apart; 0 for what is longer,
/// empty or has control octets in it.
#[inline]
pub(crate) const fn key(word: &[u8]) -> u64 {
    if word.len() > 8 {
        return 0;
    }
    let (mut key, mut at) = (0, 0);
    while at < word.len() {
        if word[at] <= b' ' {
            return 0;
        }
        key |= (word[at] as u64) << (8 * at);
        at += 1;
    }
    key | LOWER & within(word.len())
}

/// As [`key`], of the first `len` octets of a block, among which are no control octets.
#[inline]
pub(crate) fn key_within(block: &Block, len: usize) -> u64 {
    (u128::from_le_bytes(*block) as u64 | LOWER) & within(len)
}

/// The bit that makes letters lower-case, and takes no digit or dash for another.
const LOWER: u64 = 0x2020_2020_2020_2020;

#[inline]
const fn within(len: usize) -> u64 {
    match len {
        1..=8 => u64::MAX >> (64 - 8 * len),
        _ => 0,
    }
}

/// Reads `TYPEnnn` or `CLASSnnn`, in any case.
pub(crate) fn numbered(text: &[u8], prefix: &[u8]) -> Option<u16> {
    let (head, digits) = text.split_at_checked(prefix.len())?;
    if !head.eq_ignore_ascii_case(prefix) || digits.is_empty() || digits.len() > 5 {
        return None;
    }
    let mut value = 0_u32;
    for digit in digits {
        value = value * 10 + u32::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
    }
    u16::try_from(value).ok()
}

/// Reads seconds, or numbers each with a unit of `w d h m s`, which may not be mixed with a
/// number without one.
#[inline]
pub(crate) fn period(text: &[u8]) -> Option<u32> {
    let (mut total, mut value, mut digits, mut units) = (0_u64, 0_u64, 0, 0);
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            digits += 1;
            value = value * 10 + u64::from(digit);
            if value > u64::from(u32::MAX) {
                return None;
            }
            continue;
        }
        let unit = match byte {
            b's' | b'S' => 1,
            b'm' | b'M' => 60,
            b'h' | b'H' => 3_600,
            b'd' | b'D' => 86_400,
            b'w' | b'W' => 604_800,
            _ => return None,
        };
        if digits == 0 {
            return None;
        }
        total += value * unit;
        (value, digits, units) = (0, 0, units + 1);
        if total > u64::from(u32::MAX) {
            return None;
        }
    }
    match (digits, units) {
        (0, 0) => None,
        (1.., 1..) => None,
        _ => u32::try_from(total + value).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_words_apart() {
        assert_eq!(key(b"NSAP-PTR"), key(b"nsap-ptr"));
        assert_eq!(key(b"A"), 0x61);
        for word in [&b""[..], b"A\0", b"\0", b"A\x0dB", b"NSEC3PARAM"] {
            assert_eq!(key(word), 0, "{word:?}");
        }
        for len in 0..10 {
            assert_eq!(
                key_within(b"TYPE65-1........", len),
                key(&b"TYPE65-1........"[..len])
            );
        }
    }

    #[test]
    fn periods_take_units_or_none() {
        let table = [
            ("0", Some(0)),
            ("3600", Some(3600)),
            ("1w2d3h4m5s", Some(788_645)),
            ("1H30M", Some(5400)),
            ("", None),
            ("h", None),
            ("1h30", None),
            ("4294967295", Some(u32::MAX)),
            ("4294967296", None),
            ("9999999w", None),
        ];
        for (text, expected) in table {
            assert_eq!(period(text.as_bytes()), expected, "{text}");
        }
    }
}
