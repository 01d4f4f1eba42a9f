//! [`ByteRange`]: what a Range field asks for (RFC 9110 section 14), and [`ContentRange`], what a 206 says it is.

use core::ops::Range;

use super::list::{members_of, trim};

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
        Self::parse_one(trim(in_bytes(value)?))
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

/// The ranges that a Range field asks for (RFC 9110 section 14.2).
///
/// ```
/// use eaves_cache::field::RangeSet;
///
/// let set = RangeSet::parse(b"bytes=0-1, 7-, -20").unwrap();
/// assert_eq!(set.within(5), [0..5]);
/// assert_eq!(RangeSet::parse(b"bytes=0-1, 7-").unwrap().within(10), [0..2, 7..10]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeSet(Vec<ByteRange>);

impl RangeSet {
    /// How many ranges one field may ask for; a longer set is no set (RFC 9110 section 14.2 lets a server ignore it).
    pub const MOST: usize = 32;

    /// Parses a Range value. One mistake, another unit or too many ranges make it `None`: the field is then ignored.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut ranges = Vec::new();
        for spec in members_of(in_bytes(value)?) {
            if ranges.len() == Self::MOST {
                return None;
            }
            ranges.push(ByteRange::parse_one(spec)?);
        }
        (!ranges.is_empty()).then_some(Self(ranges))
    }

    /// Returns the range that was asked for first.
    #[must_use]
    pub fn first(&self) -> Option<ByteRange> {
        self.0.first().copied()
    }

    /// Returns the offsets that these ranges mean in `len` bytes, without those of which nothing is there. Ranges that
    /// overlap are sorted and joined, so that nothing is sent twice (RFC 9110 section 15.3.7.2).
    #[must_use]
    pub fn within(&self, len: u64) -> Vec<Range<u64>> {
        let mut there: Vec<_> = self.0.iter().filter_map(|one| one.within(len)).collect();
        let overlap = |(at, one): (usize, &Range<u64>)| {
            let mut others = there[at + 1..].iter();
            others.any(|other| one.start < other.end && other.start < one.end)
        };
        if there.iter().enumerate().any(overlap) {
            there.sort_by_key(|range| range.start);
            there.dedup_by(|next, last| {
                let joined = next.start <= last.end;
                if joined {
                    last.end = last.end.max(next.end);
                }
                joined
            });
        }
        there
    }
}

/// What stands behind `bytes=`.
fn in_bytes(value: &[u8]) -> Option<&[u8]> {
    let (unit, set) = value.split_at_checked(6)?;
    unit.eq_ignore_ascii_case(b"bytes=").then_some(set)
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
    /// Parses a satisfied Content-Range in bytes. Offsets past 2^63 are none: no representation is as long, and whoever
    /// adds to them may count on that.
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
        let real = last.max(complete.unwrap_or(0)) < 1 << 63;
        let fits = real && first <= last && complete.is_none_or(|whole| last < whole);
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
    fn sets_are_whole_or_nothing() {
        #[expect(clippy::single_range_in_vec_init, reason = "a set may hold one range")]
        for (value, expected) in [
            ("bytes=0-1,3-4", Some(&[0..2, 3..5][..])),
            ("bytes= 3-4 ,, 0-1", Some(&[3..5, 0..2])),
            ("bytes=0-4,2-6", Some(&[0..7])),
            ("bytes=5-6,0-0,6-9", Some(&[0..1, 5..10])),
            ("bytes=20-", Some(&[])),
            ("bytes=0-1,x", None),
            ("bytes=", None),
            ("bytes=,", None),
            ("seconds=0-1", None),
        ] {
            let set = RangeSet::parse(value.as_bytes()).map(|set| set.within(10));
            assert_eq!(set.as_deref(), expected, "{value}");
        }
        let many = |count: usize| format!("bytes={}", vec!["0-0"; count].join(","));
        assert!(RangeSet::parse(many(RangeSet::MOST).as_bytes()).is_some());
        assert!(RangeSet::parse(many(RangeSet::MOST + 1).as_bytes()).is_none());
    }

    #[test]
    fn a_place_is_one_that_may_be() {
        let of = |first, last, complete| {
            Some(ContentRange {
                first,
                last,
                complete,
            })
        };
        const LAST: u64 = (1 << 63) - 2;
        for (value, expected) in [
            ("bytes 0-0/1", of(0, 0, Some(1))),
            ("BYTES 5-7/*", of(5, 7, None)),
            (
                "bytes 0-9223372036854775806/9223372036854775807",
                of(0, LAST, Some(LAST + 1)),
            ),
            ("bytes 0-9/9223372036854775808", None),
            ("bytes 5-18446744073709551615/*", None),
            ("bytes 5-99999999999999999999/*", None),
            ("bytes 0-9/99999999999999999999", None),
            ("bytes 7-5/9", None),
            ("bytes */9", None),
        ] {
            assert_eq!(ContentRange::parse(value.as_bytes()), expected, "{value}");
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
