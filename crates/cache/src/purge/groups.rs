//! Cache-Groups and Cache-Group-Invalidation (RFC 9875): lists of strings (RFC 9651 section 4.2.1).

use std::borrow::Cow;

#[cfg(feature = "tower")]
use http::HeaderMap;

/// The groups that an answer to an unsafe request invalidates (RFC 9875 section 3); none if the field breaks its grammar.
#[cfg(feature = "tower")]
pub(crate) fn invalidated_groups(headers: &HeaderMap) -> Vec<String> {
    let mut groups = Vec::new();
    for line in headers.get_all("cache-group-invalidation") {
        let read = strings(line.as_bytes(), |group| {
            groups.push(String::from_utf8_lossy(group).into_owned());
        });
        if read.is_none() {
            return Vec::new();
        }
    }
    groups
}

/// Calls `each` with every string of a list; parameters are passed over. `None` if the text is anything else: what was
/// given to `each` before must not count then.
pub(super) fn strings(text: &[u8], mut each: impl FnMut(&[u8])) -> Option<()> {
    let mut rest = trim(text);
    if rest.is_empty() {
        return Some(());
    }
    loop {
        let (string, after) = string(rest)?;
        each(&string);
        rest = trim(parameters(after)?);
        if rest.is_empty() {
            return Some(());
        }
        rest = trim(rest.strip_prefix(b",")?);
    }
}

fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii_start()
}

/// A quoted string (RFC 9651 section 4.2.5), and what follows it.
fn string(text: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let inner = text.strip_prefix(b"\"")?;
    let mut unescaped: Option<Vec<u8>> = None;
    let mut at = 0;
    loop {
        match *inner.get(at)? {
            b'"' => {
                let string = unescaped.map_or(Cow::Borrowed(&inner[..at]), Cow::Owned);
                return Some((string, &inner[at + 1..]));
            }
            b'\\' => {
                let escaped = inner.get(at + 1).filter(|b| matches!(b, b'"' | b'\\'))?;
                unescaped
                    .get_or_insert_with(|| inner[..at].to_vec())
                    .push(*escaped);
                at += 2;
            }
            byte @ b' '..=b'~' => {
                if let Some(unescaped) = &mut unescaped {
                    unescaped.push(byte);
                }
                at += 1;
            }
            _ => return None,
        }
    }
}

fn parameters(mut text: &[u8]) -> Option<&[u8]> {
    while let Some(after) = text.strip_prefix(b";") {
        let after = after.trim_ascii_start();
        let (_, value) = split(after, |b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.*".contains(&b)
        })?;
        text = match value.strip_prefix(b"=") {
            None => value,
            Some(value) if value.starts_with(b"\"") => string(value)?.1,
            Some(value) => split(value, |b| b.is_ascii_graphic() && !b";,\"()".contains(&b))?.1,
        };
    }
    Some(text)
}

/// The longest piece of bytes that `takes` has, which must not be empty, and the rest.
fn split(text: &[u8], takes: impl Fn(u8) -> bool) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|&b| !takes(b)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<String>> {
        let mut all = Vec::new();
        strings(text.as_bytes(), |string| {
            all.push(String::from_utf8_lossy(string).into_owned());
        })?;
        Some(all)
    }

    #[test]
    fn lists_of_strings_are_read_whole_or_not_at_all() {
        for (text, expected) in [
            ("", Some(vec![])),
            ("\"a\"", Some(vec!["a"])),
            ("\"a\" ,\t\"b c\"", Some(vec!["a", "b c"])),
            (
                "\"a\";q=1;x=\"y,\", \"b\\\"\\\\\"",
                Some(vec!["a", "b\"\\"]),
            ),
            ("\"a\", token", None),
            ("\"a\",", None),
            ("\"open", None),
            ("\"a\";=1", None),
            ("\"\u{7f}\"", None),
        ] {
            let expected =
                expected.map(|all| all.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[cfg(feature = "tower")]
    #[test]
    fn one_broken_line_voids_the_field() {
        let mut headers = HeaderMap::new();
        headers.append("cache-group-invalidation", "\"a\"".parse().unwrap());
        assert_eq!(invalidated_groups(&headers), ["a"]);
        headers.append("cache-group-invalidation", "b".parse().unwrap());
        assert!(invalidated_groups(&headers).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(text in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            strings(&text, |_| ());
        }
    }
}
