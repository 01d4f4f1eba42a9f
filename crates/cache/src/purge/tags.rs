//! What a stored response can be purged by beside its URL.

use http::HeaderName;

use super::groups;
use crate::head::Head;

/// Calls `each` with every tag of a stored response, until it says stop: members of Surrogate-Key, which are separated
/// by spaces, and of Cache-Tag, which are separated by commas.
pub(super) fn tags(head: &Head, mut each: impl FnMut(&[u8])) {
    for (name, separator) in [(SURROGATE_KEY, b' '), (CACHE_TAG, b',')] {
        head.for_each(&name, |line| {
            line.split(|&b| b == separator)
                .map(<[u8]>::trim_ascii)
                .filter(|tag| !tag.is_empty())
                .for_each(&mut each);
        });
    }
}

/// Calls `each` with every group of a stored response (RFC 9875 section 2). A line that breaks the grammar counts as
/// far as it can be read: a group too many means a purge too many.
pub(super) fn groups(head: &Head, mut each: impl FnMut(&[u8])) {
    head.for_each(&CACHE_GROUPS, |line| {
        groups::strings(line, &mut each);
    });
}

const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");
const CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");
const CACHE_GROUPS: HeaderName = HeaderName::from_static("cache-groups");
