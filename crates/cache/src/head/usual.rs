//! Whole field lines that are stored as one byte, because many responses have them.
//!
//! A line of this table has a [`HeaderValue`] of its own, which a response's head gets without a share of the stored
//! bytes, a count of references and a check of every byte. The table began as the lines of responses in that of QPACK
//! (RFC 9204 appendix A), with the case that servers write them in.
//!
//! The order is the stored format: a line is added at the end, and none is removed.

use http::HeaderValue;

use super::table::{self, Code};

/// What marks the byte of a line; codes of names do not have it.
pub(super) const MARK: u8 = 0x80;

/// Returns the number of a line; `None` if it is not a usual one.
pub(super) fn number(code: Code, value: &[u8]) -> Option<u8> {
    if table::bit(code) & WITH_LINES == 0 {
        return None;
    }
    let mut slot = slot(code, value);
    loop {
        let number = SLOTS[slot].checked_sub(1)?;
        let (known, text) = TEXTS[usize::from(number)];
        if known == code && text.as_bytes() == value {
            return Some(number);
        }
        slot = (slot + 1) % SLOTS.len();
    }
}

/// Returns the code of the name, and the value, of the line of a number.
pub(super) fn line(number: u8) -> Option<(Code, &'static HeaderValue)> {
    let at = usize::from(number);
    Some((TEXTS.get(at)?.0, VALUES.get(at)?))
}

/// Returns the value of an Age under a minute, which most ages of what is asked for often are.
pub(super) fn age(secs: u64) -> Option<&'static HeaderValue> {
    AGES.get(usize::try_from(secs).ok()?)
}

macro_rules! values {
    ($($value:literal)*) => { [$(HeaderValue::from_static($value)),*] };
}

static AGES: [HeaderValue; 60] = values! {
    "0" "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "13" "14" "15" "16" "17" "18" "19" "20" "21" "22" "23" "24"
    "25" "26" "27" "28" "29" "30" "31" "32" "33" "34" "35" "36" "37" "38" "39" "40" "41" "42" "43" "44" "45" "46" "47"
    "48" "49" "50" "51" "52" "53" "54" "55" "56" "57" "58" "59"
};

macro_rules! lines {
    ($count:literal: $($name:literal: $($value:literal)*;)*) => {
        const TEXTS: [(Code, &str); $count] = [$($((table::code_of($name), $value)),*),*];
        static VALUES: [HeaderValue; $count] = [$($(HeaderValue::from_static($value)),*),*];
    };
}

lines! { 84:
    "accept-ranges": "bytes" "none";
    "access-control-allow-credentials": "true";
    "access-control-allow-headers": "*" "content-type" "Content-Type";
    "access-control-allow-methods": "GET" "GET, HEAD" "GET, HEAD, OPTIONS" "GET, OPTIONS" "GET, POST, OPTIONS";
    "access-control-allow-origin": "*";
    "access-control-expose-headers": "*" "content-length";
    "alt-svc": "clear" "h3=\":443\"; ma=86400";
    "cache-control": "max-age=0" "max-age=3600" "max-age=86400" "max-age=604800" "max-age=2592000" "max-age=31536000"
        "max-age=31536000, immutable" "max-age=31536000, public" "no-cache" "public" "public, max-age=0"
        "public, max-age=0, must-revalidate" "public, max-age=3600" "public, max-age=86400" "public, max-age=604800"
        "public, max-age=31536000" "public, max-age=31536000, immutable";
    "content-encoding": "br" "deflate" "gzip" "zstd";
    "content-language": "en" "en-US";
    "content-length": "0";
    "content-type": "application/javascript" "application/javascript; charset=utf-8" "application/json"
        "application/json; charset=utf-8" "application/octet-stream" "application/pdf" "application/xml" "font/woff2"
        "image/avif" "image/gif" "image/jpeg" "image/png" "image/svg+xml" "image/webp" "image/x-icon" "text/css"
        "text/css; charset=utf-8" "text/html" "text/html; charset=UTF-8" "text/html; charset=utf-8"
        "text/html;charset=utf-8" "text/javascript" "text/javascript; charset=utf-8" "text/plain"
        "text/plain; charset=utf-8" "text/xml" "video/mp4";
    "pragma": "no-cache";
    "referrer-policy": "no-referrer" "same-origin" "strict-origin-when-cross-origin";
    "strict-transport-security": "max-age=31536000" "max-age=31536000; includeSubDomains"
        "max-age=31536000; includeSubDomains; preload";
    "timing-allow-origin": "*";
    "vary": "accept-encoding" "Accept-Encoding" "origin" "Origin";
    "x-content-type-options": "nosniff";
    "x-frame-options": "DENY" "SAMEORIGIN";
    "x-xss-protection": "0" "1; mode=block";
}

/// The codes of names that have lines here, a bit for each.
const WITH_LINES: u64 = {
    let (mut codes, mut at) = (0, 0);
    while at < TEXTS.len() {
        codes |= table::bit(TEXTS[at].0);
        at += 1;
    }
    codes
};

/// One more than the numbers of lines, by what [`slot`] makes of them; who finds his slot taken stands in the next.
static SLOTS: [u8; 512] = {
    let mut slots = [0; 512];
    let mut at = 0;
    while at < TEXTS.len() {
        let (code, text) = TEXTS[at];
        let mut free = slot(code, text.as_bytes());
        while slots[free] != 0 {
            free = (free + 1) % slots.len();
        }
        slots[free] = at as u8 + 1;
        at += 1;
    }
    slots
};

const fn slot(code: Code, value: &[u8]) -> usize {
    let len = value.len();
    if len == 0 {
        return 0;
    }
    let (first, middle, last) = (value[0], value[len / 2], value[len - 1]);
    (code as usize * 37 + len * 49 + first as usize * 5 + middle as usize * 3 + last as usize) % 512
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_one_number_and_back() {
        assert!(TEXTS.len() < usize::from(MARK));
        for (at, (code, text)) in TEXTS.iter().enumerate() {
            let number = number(*code, text.as_bytes());
            assert_eq!(number, Some(at as u8), "{text}");
            let (known, value) = line(at as u8).unwrap();
            assert_eq!((known, value.as_bytes()), (*code, text.as_bytes()));
        }
        assert_eq!(line(TEXTS.len() as u8), None);
    }

    #[test]
    fn ages_say_what_they_are() {
        for (at, age) in AGES.iter().enumerate() {
            assert_eq!(age.as_bytes(), at.to_string().as_bytes());
        }
        assert_eq!(age(60), None);
    }

    #[test]
    fn lines_of_another_name_or_case_are_others() {
        let vary = table::code_of("vary");
        for (code, value) in [
            (vary, "bytes"),
            (vary, "ORIGIN"),
            (vary, ""),
            (table::code_of("date"), "bytes"),
            (0, "bytes"),
        ] {
            assert_eq!(number(code, value.as_bytes()), None, "{code} {value}");
        }
    }

    #[test]
    fn few_lines_stand_beside_their_slots() {
        let beside = |(at, (code, text)): (usize, &(Code, &str))| {
            usize::from(SLOTS[slot(*code, text.as_bytes())] != at as u8 + 1)
        };
        let beside: usize = TEXTS.iter().enumerate().map(beside).sum();
        assert!(beside <= 12, "{beside}");
    }
}
