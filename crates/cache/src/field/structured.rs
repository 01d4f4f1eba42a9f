//! Structured Field dictionaries (RFC 9651 section 4.2.2), as far as directives need them: integers, booleans and lists
//! of strings are read, every other value is only checked.

use super::list::is_token;

/// The value of a dictionary's member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Boolean(bool),
    Integer(i64),
    /// An inner list, as it stands there; see [`strings`].
    List(&'a [u8]),
    /// A decimal, string, token, byte sequence, date or display string.
    Other,
}

/// The strings of an inner list; `None` if something else is in it.
pub(super) fn strings(list: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut parser = Parser { rest: list };
    let mut all = Vec::new();
    parser.literal(b'(').then_some(())?;
    loop {
        parser.skip(b" ");
        if parser.literal(b')') {
            return Some(all);
        }
        let start = parser.rest;
        (start.first() == Some(&b'"')).then_some(())?;
        parser.string()?;
        let len = start.len() - parser.rest.len();
        all.push(unescaped(&start[1..len - 1]));
        parser.parameters()?;
    }
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut escaped = false;
    let keep = |byte: &u8| {
        escaped = *byte == b'\\' && !escaped;
        !escaped
    };
    text.iter().copied().filter(keep).collect()
}

/// Calls `each` with every member of a dictionary, in order; a key may come more than once, and the last one counts.
///
/// Returns `None` if the text breaks the grammar anywhere: then nothing of it counts.
pub(super) fn dictionary<'a>(
    text: &'a [u8],
    mut each: impl FnMut(&'a [u8], Value<'a>),
) -> Option<()> {
    let mut parser = Parser { rest: text };
    parser.skip(b" ");
    while !parser.rest.is_empty() {
        let key = parser.key()?;
        let value = if parser.literal(b'=') {
            parser.member()?
        } else {
            Value::Boolean(true)
        };
        parser.parameters()?;
        each(key, value);
        parser.skip(b" \t");
        if parser.rest.is_empty() {
            return Some(());
        }
        parser.literal(b',').then_some(())?;
        parser.skip(b" \t");
        // A trailing comma.
        (!parser.rest.is_empty()).then_some(())?;
    }
    Some(())
}

struct Parser<'a> {
    rest: &'a [u8],
}

impl<'a> Parser<'a> {
    fn skip(&mut self, bytes: &[u8]) {
        while let [first, rest @ ..] = self.rest
            && bytes.contains(first)
        {
            self.rest = rest;
        }
    }

    fn literal(&mut self, byte: u8) -> bool {
        match self.rest {
            [first, rest @ ..] if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self
            .rest
            .iter()
            .position(|&b| !keep(b))
            .unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn key(&mut self) -> Option<&'a [u8]> {
        let starts = self
            .rest
            .first()
            .is_some_and(|&b| b.is_ascii_lowercase() || b == b'*');
        let key = |b: u8| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.' | b'*')
        };
        starts.then(|| self.take_while(key))
    }

    fn member(&mut self) -> Option<Value<'a>> {
        let start = self.rest;
        if self.literal(b'(') {
            self.inner_list()?;
            Some(Value::List(&start[..start.len() - self.rest.len()]))
        } else {
            self.bare_item()
        }
    }

    /// Parameters of the list itself are read by the caller.
    fn inner_list(&mut self) -> Option<()> {
        loop {
            self.skip(b" ");
            if self.literal(b')') {
                return Some(());
            }
            self.bare_item()?;
            self.parameters()?;
            matches!(self.rest.first(), Some(b' ' | b')')).then_some(())?;
        }
    }

    fn parameters(&mut self) -> Option<()> {
        while self.literal(b';') {
            self.skip(b" ");
            self.key()?;
            if self.literal(b'=') {
                self.bare_item()?;
            }
        }
        Some(())
    }

    fn bare_item(&mut self) -> Option<Value<'a>> {
        match *self.rest.first()? {
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'?' => self.boolean(),
            b':' => self.bytes(),
            b'@' => self.date(),
            b'%' => self.display(),
            first if first.is_ascii_alphabetic() || first == b'*' => {
                self.take_while(|b| is_token(b) || matches!(b, b':' | b'/'));
                Some(Value::Other)
            }
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Value<'a>> {
        let negative = self.literal(b'-');
        let whole = self.take_while(|b| b.is_ascii_digit());
        if self.literal(b'.') {
            let part = self.take_while(|b| b.is_ascii_digit());
            let fits = (1..=12).contains(&whole.len()) && (1..=3).contains(&part.len());
            return fits.then_some(Value::Other);
        }
        (1..=15).contains(&whole.len()).then_some(())?;
        let number = whole
            .iter()
            .fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        Some(Value::Integer(if negative { -number } else { number }))
    }

    fn string(&mut self) -> Option<Value<'a>> {
        self.literal(b'"');
        loop {
            let (first, rest) = self.rest.split_first()?;
            self.rest = rest;
            match first {
                b'"' => return Some(Value::Other),
                b'\\' => (self.literal(b'"') || self.literal(b'\\')).then_some(())?,
                b' '..=b'~' => {}
                _ => return None,
            }
        }
    }

    fn boolean(&mut self) -> Option<Value<'a>> {
        self.literal(b'?');
        match (self.literal(b'1'), self.literal(b'0')) {
            (true, false) => Some(Value::Boolean(true)),
            (false, true) => Some(Value::Boolean(false)),
            _ => None,
        }
    }

    fn bytes(&mut self) -> Option<Value<'a>> {
        self.literal(b':');
        self.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
        self.literal(b':').then_some(Value::Other)
    }

    fn date(&mut self) -> Option<Value<'a>> {
        self.literal(b'@');
        matches!(self.rest.first(), Some(b'-' | b'0'..=b'9')).then_some(())?;
        matches!(self.number()?, Value::Integer(_)).then_some(Value::Other)
    }

    fn display(&mut self) -> Option<Value<'a>> {
        self.literal(b'%');
        matches!(self.rest.first(), Some(b'"')).then_some(())?;
        self.string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<Vec<(String, Value<'_>)>> {
        let mut members = Vec::new();
        let each =
            |key: &[u8], value| members.push((String::from_utf8_lossy(key).into_owned(), value));
        dictionary(text.as_bytes(), each).map(|()| members)
    }

    #[test]
    fn dictionaries_read_as_rfc_9651_has_them() {
        use Value::{Boolean, Integer, List, Other};
        for (text, expected) in [
            ("", &[][..]),
            ("max-age=60", &[("max-age", Integer(60))]),
            (
                "a, b=?0;x=1;y,c=(1 \"2\";q c)",
                &[
                    ("a", Boolean(true)),
                    ("b", Boolean(false)),
                    ("c", List(b"(1 \"2\";q c)")),
                ],
            ),
            ("a=-1 ,\tb=1.5", &[("a", Integer(-1)), ("b", Other)]),
            (
                "a=\"q,\\\"\", b=:aGk=:, c=@1, d=tok/en, e=()",
                &[
                    ("a", Other),
                    ("b", Other),
                    ("c", Other),
                    ("d", Other),
                    ("e", List(b"()")),
                ],
            ),
            ("a=1, a=2", &[("a", Integer(1)), ("a", Integer(2))]),
        ] {
            let expected: Vec<_> = expected
                .iter()
                .map(|(key, value)| ((*key).to_owned(), *value))
                .collect();
            assert_eq!(read(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn lists_give_their_strings_or_nothing() {
        for (text, expected) in [
            ("()", Some(&[][..])),
            ("(\"a\" \"b c\";q=1)", Some(&["a", "b c"])),
            (r#"("\"\\\\")"#, Some(&[r#""\\"#])),
            ("(a)", None),
            ("(\"a\" 1)", None),
        ] {
            let expected = expected.map(|all| all.iter().map(|text| text.as_bytes().to_vec()));
            assert_eq!(
                strings(text.as_bytes()),
                expected.map(Iterator::collect),
                "{text}"
            );
        }
    }

    #[test]
    fn one_mistake_voids_the_whole() {
        for text in [
            "max-age=10000, &&&&&",
            "max-age=1,",
            "Max-Age=1",
            "a=",
            "a b",
            "a=1234567890123456",
            "a=\"open",
            "a=(1 2",
            "a=1;",
            "a=1.",
            "a=?2",
            ",a",
            "a=(1,2)",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_text_is_read_or_refused(text in "[a-c=;,?01\"(): .@%*-]{0,24}") {
            read(&text);
        }
    }
}
