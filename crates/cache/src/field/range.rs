//! [`ByteRange`]: what a Range field asks for (RFC 9110 section 14), and [`ContentRange`], what a 206 says it is.

use core::ops::Range;

use super::list::trim;

/// One range of bytes as a request asks for it.
///
/// ```
/// use eaves_cache::field::ByteRange;
///
/// assert_eq!(ByteRange::parse(b"bytes=2-").unwrap().within(10), Some(2..10));
/// assert_eq!(ByteRange::parse(b"bytes=-3").unwrap().within(10), Some(7..10));
/// assert_eq!(ByteRange::parse(b"bytes=10-").unwrap().within(10), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// From an offset to the end.
    From(u64),
    /// From an offset to another, both included.
    FromTo(u64, u64),
    /// So many bytes at the end.
    Last(u64),
}

impl ByteRange {
    /// Parses a Range value that names one range of bytes; several ranges and other units are `None`.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (unit, set) = value.split_at_checked(6)?;
        if !unit.eq_ignore_ascii_case(b"bytes=") {
            return None;
        }
        Self::parse_one(trim(set))
    }

    fn parse_one(spec: &[u8]) -> Option<Self> {
        let dash = spec.iter().position(|&b| b == b'-')?;
        match (&spec[..dash], &spec[dash + 1..]) {
            ([], last) => Some(Self::Last(offset(last)?)),
            (first, []) => Some(Self::From(offset(first)?)),
            (first, last) => {
                let (first, last) = (offset(first)?, offset(last)?);
                (first <= last).then_some(Self::FromTo(first, last))
            }
        }
    }

    /// Returns the offsets this range means in `len` bytes, or `None` if none of them is there.
    #[must_use]
    pub fn within(self, len: u64) -> Option<Range<u64>> {
        let (start, end) = match self {
            Self::From(first) => (first, len),
            Self::FromTo(first, last) => (first, last.saturating_add(1).min(len)),
            Self::Last(count) => (len.saturating_sub(count), len),
        };
        (start < end).then_some(start..end)
    }
}

/// The place of a 206's body within the whole (RFC 9110 section 14.4).
///
/// ```
/// use eaves_cache::field::ContentRange;
///
/// let range = ContentRange::parse(b"bytes 4-8/9").unwrap();
/// assert_eq!((range.first, range.last, range.complete), (4, 8, Some(9)));
/// assert_eq!(ContentRange::parse(b"bytes 4-9/9"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the field has these three parts")]
pub struct ContentRange {
    /// Offset of the first byte.
    pub first: u64,
    /// Offset of the last byte, included.
    pub last: u64,
    /// Length of the whole representation, unless it was not known.
    pub complete: Option<u64>,
}

impl ContentRange {
    /// Parses a satisfied Content-Range in bytes.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (unit, rest) = value.split_at_checked(6)?;
        if !unit.eq_ignore_ascii_case(b"bytes ") {
            return None;
        }
        let slash = rest.iter().position(|&b| b == b'/')?;
        let (range, complete) = (&rest[..slash], &rest[slash + 1..]);
        let dash = range.iter().position(|&b| b == b'-')?;
        let (first, last) = (offset(&range[..dash])?, offset(&range[dash + 1..])?);
        let complete = match complete {
            b"*" => None,
            digits => Some(offset(digits)?),
        };
        let fits = first <= last && complete.is_none_or(|whole| last < whole);
        fits.then_some(Self {
            first,
            last,
            complete,
        })
    }
}

/// Digits as an offset; more than a u64 holds is past the end of anything, so it saturates.
fn offset(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |sum, byte| {
        byte.is_ascii_digit().then(|| {
            sum.saturating_mul(10)
                .saturating_add(u64::from(byte - b'0'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_range_of_bytes() {
        for (value, expected) in [
            ("bytes=0-0", Some(ByteRange::FromTo(0, 0))),
            ("Bytes=5-", Some(ByteRange::From(5))),
            ("bytes=-5", Some(ByteRange::Last(5))),
            (
                "bytes=0-18446744073709551616",
                Some(ByteRange::FromTo(0, u64::MAX)),
            ),
            ("bytes=5-4", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=a-b", None),
            ("lines=0-1", None),
            ("bytes", None),
        ] {
            assert_eq!(ByteRange::parse(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn a_range_past_the_end_is_not_there() {
        assert_eq!(ByteRange::FromTo(2, 100).within(5), Some(2..5));
        assert_eq!(ByteRange::FromTo(5, 9).within(5), None);
        assert_eq!(ByteRange::Last(9).within(5), Some(0..5));
        assert_eq!(ByteRange::Last(0).within(5), None);
        assert_eq!(ByteRange::From(0).within(0), None);
    }
}
