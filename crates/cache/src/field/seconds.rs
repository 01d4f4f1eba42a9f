//! Delta-seconds (RFC 9111 section 1.2.2) and the Age field (section 5.1).

use core::time::Duration;

use http::{HeaderMap, header::AGE};

use super::list::{split_member, trim};

/// Parses delta-seconds. What is too large counts as 2^31, as RFC 9111 section 1.2.2 asks for.
///
/// ```
/// use core::time::Duration;
/// use eaves_cache::field::seconds;
///
/// assert_eq!(seconds(b"0060"), Some(Duration::from_secs(60)));
/// assert_eq!(seconds(b"18446744073709551616"), Some(Duration::from_secs(1 << 31)));
/// assert_eq!(seconds(b"-1"), None);
/// ```
#[must_use]
pub fn seconds(value: &[u8]) -> Option<Duration> {
    const MOST: u64 = 1 << 31;
    if value.is_empty() {
        return None;
    }
    let mut sum: u64 = 0;
    for byte in value {
        if !byte.is_ascii_digit() {
            return None;
        }
        sum = (sum * 10 + u64::from(byte - b'0')).min(MOST);
    }
    Some(Duration::from_secs(sum))
}

/// Reads the Age of a response: the first member of the first line. What is not a number is ignored
/// (RFC 9111 section 5.1), so that the age then follows from Date and the time of arrival.
///
/// ```
/// use core::time::Duration;
/// use http::{HeaderMap, HeaderValue, header::AGE};
///
/// let mut headers = HeaderMap::new();
/// headers.insert(AGE, HeaderValue::from_static("7200, 0"));
/// assert_eq!(eaves_cache::field::age(&headers), Some(Duration::from_secs(7200)));
/// ```
#[must_use]
pub fn age(headers: &HeaderMap) -> Option<Duration> {
    age_of(headers.get(AGE)?.as_bytes())
}

/// The age that the first line of Age tells.
pub(crate) fn age_of(line: &[u8]) -> Option<Duration> {
    let (first, _) = split_member(line);
    seconds(trim(first))
}
