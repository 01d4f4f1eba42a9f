//! Comma-separated members over all lines of a field, quoted strings respected (RFC 9110 section 5.6.1).

use http::{HeaderMap, HeaderName, HeaderValue, header::ValueIter};

/// The members of a list field, in order, without the whitespace around them; empty members are left out.
pub(crate) struct Members<'a> {
    lines: Option<ValueIter<'a, HeaderValue>>,
    rest: &'a [u8],
}

/// Iterates over the members of all lines of `name`.
pub(crate) fn members<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Members<'a> {
    Members {
        lines: Some(headers.get_all(name).iter()),
        rest: &[],
    }
}

/// The members of one line.
pub(crate) fn members_of(line: &[u8]) -> Members<'_> {
    Members {
        lines: None,
        rest: line,
    }
}

impl<'a> Members<'a> {
    /// What of the current line is not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            while self.rest.is_empty() {
                self.rest = self.lines.as_mut()?.next()?.as_bytes();
            }
            let (member, rest) = split_member(self.rest);
            self.rest = rest;
            let member = trim(member);
            if !member.is_empty() {
                return Some(member);
            }
        }
    }
}

/// Splits at the first comma outside a quoted string; an unclosed quote runs to the end.
pub(crate) fn split_member(value: &[u8]) -> (&[u8], &[u8]) {
    // Most members have no quotes, and need no state.
    match memchr::memchr2(b',', b'"', value) {
        None => (value, &[]),
        Some(at) if value[at] == b',' => (&value[..at], &value[at + 1..]),
        Some(quote) => split_quoted(value, quote),
    }
}

fn split_quoted(value: &[u8], quote: usize) -> (&[u8], &[u8]) {
    let mut quoted = false;
    let mut escaped = false;
    for (at, &byte) in value.iter().enumerate().skip(quote) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return (&value[..at], &value[at + 1..]),
            _ => {}
        }
    }
    (value, &[])
}

/// Removes optional whitespace (spaces and tabs) from both ends.
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// The text of a token, or the inside of a quoted string that needs no unescaping; `None` for other text.
pub(crate) fn unquoted(value: &[u8]) -> Option<&[u8]> {
    match value {
        [b'"', inner @ .., b'"'] if !inner.iter().any(|b| matches!(b, b'"' | b'\\')) => Some(inner),
        [] => None,
        token if token.iter().all(|&b| is_token(b)) => Some(token),
        _ => None,
    }
}

/// Says whether a byte may stand in a token (RFC 9110 section 5.6.2).
pub(crate) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests {
    use http::header::VARY;

    use super::*;

    fn all(lines: &[&'static str]) -> Vec<Vec<u8>> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(VARY, HeaderValue::from_static(line));
        }
        members(&headers, &VARY).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn members_come_from_all_lines_and_keep_quoted_commas() {
        for (lines, expected) in [
            (&["a, b", " ,,c"][..], &["a", "b", "c"][..]),
            (&["x=\"a, b\", d"], &["x=\"a, b\"", "d"]),
            (&["x=\"a\\\", b\", d"], &["x=\"a\\\", b\"", "d"]),
            (&["x=\"open, d"], &["x=\"open, d"]),
            (&["", " , "], &[]),
        ] {
            let expected: Vec<Vec<u8>> = expected.iter().map(|m| m.as_bytes().to_vec()).collect();
            assert_eq!(all(lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn only_tokens_and_plain_quoted_strings_have_text() {
        assert_eq!(unquoted(b"\"60\""), Some(&b"60"[..]));
        assert_eq!(unquoted(b"60"), Some(&b"60"[..]));
        assert_eq!(unquoted(b"\"\""), Some(&b""[..]));
        for bad in [&b""[..], b"\"60", b"6 0", b"\"a\\\"b\"", b"(a)"] {
            assert_eq!(unquoted(bad), None, "{bad:?}");
        }
    }
}
