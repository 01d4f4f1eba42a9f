//! Field names that are stored as one byte.
//!
//! The order is the stored format: a name is added at the end, and none is removed.

use http::HeaderName;

/// The number of a known name, stored as one byte. In memory it is a word: names are moved about as words, and a word that
/// was just written as a byte is slow to load.
pub(crate) type Code = u64;

/// Returns the code of a known name; zero for any other.
///
/// Names are compared as `http` has them: most are one of its own there, and comparing those is comparing a byte.
pub(super) fn code(name: &HeaderName) -> Code {
    let mut slot = slot(name.as_str().as_bytes());
    loop {
        let code = SLOTS[slot];
        if code == 0 || NAMES[usize::from(code) - 1] == *name {
            return Code::from(code);
        }
        slot = (slot + 1) % SLOTS.len();
    }
}

/// Returns the code of a name that has one, in lower case, where it is compiled.
pub(super) const fn code_of(name: &str) -> Code {
    let mut slot = slot(name.as_bytes());
    loop {
        let code = SLOTS[slot];
        assert!(code != 0, "the name has a code");
        if same(TEXTS[code as usize - 1].as_bytes(), name.as_bytes()) {
            return code as Code;
        }
        slot = (slot + 1) % SLOTS.len();
    }
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let (mut same, mut at) = (a.len() == b.len(), 0);
    while same && at < a.len() {
        same = a[at] == b[at];
        at += 1;
    }
    same
}

/// Says whether a byte is a code.
pub(super) fn is_code(byte: u8) -> bool {
    (1..=TEXTS.len()).contains(&usize::from(byte))
}

/// A code as a bit of a set; there are fewer codes than bits.
pub(crate) const fn bit(code: Code) -> u64 {
    1 << (code % 64)
}

/// Returns the name of a code.
pub(super) fn name(code: Code) -> Option<&'static HeaderName> {
    NAMES.get(usize::try_from(code).ok()?.checked_sub(1)?)
}

macro_rules! names {
    ($count:literal: $($name:literal)*) => {
        const TEXTS: [&str; $count] = [$($name),*];
        static NAMES: [HeaderName; $count] = [$(HeaderName::from_static($name)),*];
    };
}

names! { 50:
    "date" "cache-control" "content-type" "content-length" "etag" "last-modified" "expires" "vary" "age" "server"
    "content-encoding" "content-language" "content-location" "content-disposition" "content-range" "accept-ranges"
    "allow" "alt-svc" "link" "location" "pragma" "retry-after" "set-cookie" "via" "warning" "www-authenticate"
    "strict-transport-security" "content-security-policy" "content-security-policy-report-only" "referrer-policy"
    "x-content-type-options" "x-frame-options" "x-xss-protection" "x-dns-prefetch-control" "refresh" "cache-status"
    "cdn-cache-control" "access-control-allow-origin" "access-control-allow-headers" "access-control-allow-methods"
    "access-control-allow-credentials" "access-control-expose-headers" "access-control-max-age" "cache-tag"
    "surrogate-key" "cache-groups" "no-vary-search" "timing-allow-origin" "permissions-policy" "server-timing"
}

/// The codes of names that decisions look for.
pub(crate) const DATE: Code = 1;
pub(crate) const CACHE_CONTROL: Code = 2;
pub(crate) const CONTENT_LENGTH: Code = 4;
pub(crate) const ETAG: Code = 5;
pub(crate) const LAST_MODIFIED: Code = 6;
pub(crate) const EXPIRES: Code = 7;
pub(crate) const VARY: Code = 8;
pub(crate) const AGE: Code = 9;
pub(crate) const SET_COOKIE: Code = 23;
pub(super) const CACHE_STATUS: Code = 36;
pub(super) const NO_VARY_SEARCH: Code = 47;

/// Codes by what [`slot`] makes of their names; who finds his slot taken stands in the next free one.
const SLOTS: [u8; 256] = {
    let mut slots = [0; 256];
    let mut at = 0;
    while at < TEXTS.len() {
        let mut free = slot(TEXTS[at].as_bytes());
        while slots[free] != 0 {
            free = (free + 1) % slots.len();
        }
        slots[free] = at as u8 + 1;
        at += 1;
    }
    slots
};

/// Length, ends and middle tell all known names but a few apart.
const fn slot(name: &[u8]) -> usize {
    let len = name.len();
    if len == 0 {
        return 0;
    }
    let (first, middle, last) = (name[0], name[len / 2], name[len - 1]);
    (len * 49 + first as usize * 50 + middle as usize + last as usize * 45) % 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_name_and_back() {
        for (at, text) in TEXTS.iter().enumerate() {
            let code = code(&HeaderName::from_static(text));
            assert_eq!(code, at as Code + 1, "{text}");
            assert_eq!(name(code).map(HeaderName::as_str), Some(*text));
        }
        for unknown in ["x", "dates", "x-frame-option", "connection"] {
            assert_eq!(code(&HeaderName::from_static(unknown)), 0, "{unknown}");
        }
        assert_eq!(name(0), None);
        assert_eq!(name(51), None);
    }

    #[test]
    fn named_codes_are_those_of_their_names() {
        for (code, text) in [
            (DATE, "date"),
            (CACHE_CONTROL, "cache-control"),
            (CONTENT_LENGTH, "content-length"),
            (ETAG, "etag"),
            (LAST_MODIFIED, "last-modified"),
            (EXPIRES, "expires"),
            (VARY, "vary"),
            (AGE, "age"),
            (SET_COOKIE, "set-cookie"),
            (CACHE_STATUS, "cache-status"),
            (NO_VARY_SEARCH, "no-vary-search"),
        ] {
            assert_eq!(name(code).map(HeaderName::as_str), Some(text));
        }
    }
}
