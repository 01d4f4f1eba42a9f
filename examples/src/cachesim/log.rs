//! Access logs in the combined format (and the common one, its beginning).

/// A request of a log line that a cache could serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Served<'a> {
    /// What was asked for, with its query.
    pub(super) target: &'a str,
    /// Bytes of the body.
    pub(super) size: u32,
}

/// Reads `host ident user [time] "GET target HTTP/1.1" 200 size ...`; `None` for every other line:
/// other methods and statuses say nothing about the size of what a cache would keep.
pub(super) fn parse(line: &str) -> Option<Served<'_>> {
    let (_, rest) = line.split_once("] \"")?;
    let (request, rest) = closing_quote(rest)?;
    let mut words = request.split(' ');
    if words.next() != Some("GET") {
        return None;
    }
    let target = words.next().filter(|target| !target.is_empty())?;
    let mut words = rest.split_whitespace();
    if words.next() != Some("200") {
        return None;
    }
    let size: u64 = words.next()?.parse().ok()?;
    Some(Served {
        target,
        size: u32::try_from(size).unwrap_or(u32::MAX),
    })
}

/// Splits at the quote that is not escaped.
fn closing_quote(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })?;
    Some((&text[..end], &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_gets_answered_200_count() {
        let line = |request, status, size| {
            format!(
                r#"192.0.2.1 - - [17/May/2015:10:05:03 +0000] "{request}" {status} {size} "-" "a [x] \"b\"""#
            )
        };
        let cases = [
            (
                line("GET /a?b=c HTTP/1.1", 200, "203023"),
                Some(("/a?b=c", 203_023)),
            ),
            (
                line(r#"GET /a\"b HTTP/1.1"#, 200, "1"),
                Some((r#"/a\"b"#, 1)),
            ),
            (
                line("GET /a HTTP/1.1", 200, "99999999999"),
                Some(("/a", u32::MAX)),
            ),
            (line("GET /a HTTP/1.1", 304, "0"), None),
            (line("POST /a HTTP/1.1", 200, "5"), None),
            (line("GET /a HTTP/1.1", 200, "-"), None),
            (line("GET", 200, "5"), None),
            ("192.0.2.1 - - [now] \"GET /a".to_owned(), None),
            (String::new(), None),
        ];
        for (line, expected) in cases {
            let expected = expected.map(|(target, size)| Served { target, size });
            assert_eq!(parse(&line), expected, "{line}");
        }
    }
}
