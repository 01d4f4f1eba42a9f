//! Several ranges of one response as `multipart/byteranges` (RFC 9110 section 14.6).

use core::ops::Range;
use std::hash::{BuildHasher, RandomState};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};

/// What stands around the ranges.
pub(super) struct Multipart {
    boundary: String,
    kind: Option<HeaderValue>,
    complete: u64,
}

impl Multipart {
    /// Makes these the fields of a body of these ranges.
    pub(super) fn describe(headers: &mut HeaderMap, complete: u64, ranges: &[Range<u64>]) -> Self {
        let parts = Self {
            boundary: boundary(),
            kind: headers.remove(CONTENT_TYPE),
            complete,
        };
        let around = |range: &Range<u64>| parts.before(range).len() as u64;
        let each = |range: &Range<u64>| around(range) + range.end - range.start;
        let len = ranges.iter().map(each).sum::<u64>() + parts.end().len() as u64;
        let kind = format!("multipart/byteranges; boundary={}", parts.boundary);
        if let Ok(kind) = HeaderValue::try_from(kind) {
            headers.insert(CONTENT_TYPE, kind);
        }
        headers.insert(CONTENT_LENGTH, len.into());
        parts
    }

    /// What stands before a range.
    pub(super) fn before(&self, range: &Range<u64>) -> Bytes {
        let mut text = format!("\r\n--{}\r\n", self.boundary);
        if let Some(Ok(kind)) = self.kind.as_ref().map(HeaderValue::to_str) {
            text.push_str(&format!("Content-Type: {kind}\r\n"));
        }
        let (first, last) = (range.start, range.end - 1);
        text.push_str(&format!(
            "Content-Range: bytes {first}-{last}/{}\r\n\r\n",
            self.complete
        ));
        text.into()
    }

    /// What stands behind the last one.
    pub(super) fn end(&self) -> Bytes {
        format!("\r\n--{}--\r\n", self.boundary).into()
    }
}

/// A text that no author of a body can know beforehand.
fn boundary() -> String {
    let half = || RandomState::new().hash_one("multipart/byteranges");
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{ContentRange, RangeSet};

    /// The longest that an origin can claim to have, asked for in as many ranges as may be.
    #[test]
    fn the_length_of_the_longest_is_told() {
        let place = b"bytes 0-0/9223372036854775807";
        let complete = ContentRange::parse(place).and_then(|place| place.complete);
        let complete = complete.expect("it is read");
        let step = complete / RangeSet::MOST as u64;
        let ranges: Vec<_> = (0..RangeSet::MOST as u64)
            .map(|at| at * step..(at + 1) * step)
            .collect();
        let mut headers = HeaderMap::new();
        let parts = Multipart::describe(&mut headers, complete, &ranges);
        let around: usize = ranges.iter().map(|range| parts.before(range).len()).sum();
        let around = (around + parts.end().len()) as u64;
        let len = step * RangeSet::MOST as u64 + around;
        assert_eq!(headers[CONTENT_LENGTH], len.to_string());
    }
}
