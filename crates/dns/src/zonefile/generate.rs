//! `$GENERATE`: a run of records from a template, as BIND has it.

use core::fmt::Write as _;

use crate::{error::TextError, text::Lexer, zonefile::current::Head};

/// How many records one directive may make.
const MAX_RECORDS: u64 = 65_536;
/// How many records the directives of a file may make together.
pub(super) const MAX_IN_FILE: u64 = 1 << 20;

/// A run being made.
#[derive(Debug)]
pub(super) struct Generate<'t> {
    next: u64,
    stop: u64,
    step: u64,
    owner: &'t [u8],
    /// What stands between owner and rdata when the rdata is one quoted string, else nothing.
    head: &'t [u8],
    rest: &'t [u8],
    /// The owner of the record before the directive.
    pub(super) before: Vec<u8>,
    /// Where the directive stands: offset and line.
    pub(super) place: (usize, usize),
}

impl<'t> Generate<'t> {
    /// Reads `start-stop[/step] owner rest`; `rest` is what remains of the line. Of the records that
    /// are `left` to the file, those of the range are taken.
    pub(super) fn parse(
        tokens: &mut Lexer<'t>,
        text: &'t [u8],
        place: (usize, usize),
        left: &mut u64,
    ) -> Result<Self, TextError> {
        let range = tokens.require("range")?;
        let (start, stop, step) = parse_range(range.text)
            .ok_or_else(|| range.invalid("not a range: START-STOP[/STEP]"))?;
        let count = (stop - start) / step + 1;
        if count > MAX_RECORDS {
            return Err(range.invalid("range of more than 65536 records"));
        }
        let Some(rest) = left.checked_sub(count) else {
            return Err(range.invalid("more records than $GENERATE may make in a file"));
        };
        *left = rest;
        let owner = tokens.require("owner")?;
        let (head, rest) = split(*tokens, text);
        Ok(Self {
            next: start,
            stop,
            step,
            owner: owner.text,
            head,
            rest,
            before: Vec::new(),
            place,
        })
    }

    /// Writes the next record's line; `None` at the end of the run.
    pub(super) fn next_line(&mut self, line: &mut Vec<u8>) -> Option<Result<(), TextError>> {
        if self.next > self.stop {
            return None;
        }
        line.clear();
        let value = self.next;
        self.next += self.step;
        let quote = if self.head.is_empty() {
            Quote::Kept
        } else {
            Quote::Taken
        };
        let written = expand(self.owner, Quote::Kept, value, line)
            .and_then(|()| expand(self.head, Quote::Kept, value, line))
            .and_then(|()| expand(self.rest, quote, value, line))
            .ok_or_else(|| TextError::invalid(self.place.0, "bad ${OFFSET,WIDTH,BASE}"));
        Some(written)
    }
}

/// Splits what follows the owner. BIND takes the rdata as one token, so that what holds blanks is
/// quoted as a whole (`MX "0 ."`); here it may also stand without quotes. A quoted string that is all
/// of the rdata is what BIND would take it for: the rdata's text.
fn split<'t>(mut tokens: Lexer<'t>, text: &'t [u8]) -> (&'t [u8], &'t [u8]) {
    let from = tokens.position();
    let rest = &text[from..];
    let rest = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let is_headed = Head::read(&mut tokens).is_ok();
    let head = &text[from..tokens.position()];
    match tokens.next() {
        Ok(Some(token)) if is_headed && token.quoted && tokens.finish().is_ok() => {
            (head, token.text)
        }
        _ => (&[], rest),
    }
}

fn parse_range(text: &[u8]) -> Option<(u64, u64, u64)> {
    let text = core::str::from_utf8(text).ok()?;
    let (range, step) = text.split_once('/').unwrap_or((text, "1"));
    let (start, stop) = range.split_once('-')?;
    let number = |text: &str| text.parse::<u32>().ok().map(u64::from);
    let (start, stop, step) = (number(start)?, number(stop)?, number(step)?);
    (start <= stop && step > 0).then_some((start, stop, step))
}

/// What becomes of `\"` in a template.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    /// It stays.
    Kept,
    /// It is a quote, since the one around the template was taken off.
    Taken,
}

/// Copies a template, `$` replaced by the value; `\$` stays as it is, and so does `$$` as one.
fn expand(template: &[u8], quote: Quote, value: u64, line: &mut Vec<u8>) -> Option<()> {
    if quote == Quote::Taken {
        line.push(b' ');
    }
    let mut rest = template;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'\\' => {
                let (&escaped, behind) = rest.split_first()?;
                if quote == Quote::Kept || escaped != b'"' {
                    line.push(byte);
                }
                line.push(escaped);
                rest = behind;
            }
            b'$' => rest = expand_value(rest, value, line)?,
            _ => line.push(byte),
        }
    }
    Some(())
}

/// Writes what stands for a `$`, and returns what follows it.
fn expand_value<'r>(rest: &'r [u8], value: u64, line: &mut Vec<u8>) -> Option<&'r [u8]> {
    if let [b'$', behind @ ..] = rest {
        line.extend_from_slice(b"\\$");
        return Some(behind);
    }
    let [b'{', inner @ ..] = rest else {
        line.extend_from_slice(value.to_string().as_bytes());
        return Some(rest);
    };
    let end = memchr::memchr(b'}', inner)?;
    let mut parts = core::str::from_utf8(&inner[..end]).ok()?.split(',');
    let offset: i64 = parts.next()?.parse().ok()?;
    let width: usize = parts.next().unwrap_or("0").parse().ok()?;
    let base = parts.next().unwrap_or("d");
    let value = u64::try_from(i64::try_from(value).ok()?.checked_add(offset)?).ok()?;
    if width > 255 || parts.next().is_some() {
        return None;
    }
    let text = match base {
        "d" => format!("{value:0width$}"),
        "o" => format!("{value:0width$o}"),
        "x" => format!("{value:0width$x}"),
        "X" => format!("{value:0width$X}"),
        "n" => nibbles(value, width, false),
        "N" => nibbles(value, width, true),
        _ => return None,
    };
    line.extend_from_slice(text.as_bytes());
    Some(&inner[end + 1..])
}

/// Hexadecimal digits from the last to the first with dots in between, as reverse zones have them;
/// the width counts digits and dots, so that an even one ends in a dot.
fn nibbles(mut value: u64, mut width: usize, upper: bool) -> String {
    let mut text = String::new();
    loop {
        let digit = value & 15;
        let written = if upper {
            write!(text, "{digit:X}")
        } else {
            write!(text, "{digit:x}")
        };
        debug_assert!(written.is_ok(), "strings take all text");
        value >>= 4;
        width = width.saturating_sub(1);
        if value > 0 || width > 0 {
            text.push('.');
            width = width.saturating_sub(1);
        }
        if value == 0 && width == 0 {
            return text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(template: &str, value: u64) -> Option<String> {
        let mut line = Vec::new();
        expand(template.as_bytes(), Quote::Kept, value, &mut line)?;
        String::from_utf8(line).ok()
    }

    #[test]
    fn templates_are_expanded() {
        let table = [
            ("host-$", Some("host-7")),
            ("${10}.x", Some("17.x")),
            ("${-2,4}", Some("0005")),
            ("${0,3,x}", Some("007")),
            ("${248,0,X}", Some("FF")),
            ("${16,3,n}", Some("7.1")),
            ("${0,7,n}", Some("7.0.0.0")),
            ("${0,6,n}", Some("7.0.0.")),
            ("${16,2,n}", Some("7.1")),
            ("${0,0,n}", Some("7")),
            (r"\$-$", Some(r"\$-7")),
            ("$$", Some(r"\$")),
            ("${0,0,z}", None),
            ("${-8}", None),
            ("${1", None),
        ];
        for (template, expected) in table {
            assert_eq!(expanded(template, 7).as_deref(), expected, "{template}");
        }
    }

    #[test]
    fn ranges_go_up() {
        assert_eq!(parse_range(b"1-10"), Some((1, 10, 1)));
        assert_eq!(parse_range(b"0-8/4"), Some((0, 8, 4)));
        for bad in ["5-1", "1-5/0", "1", "a-b", ""] {
            assert_eq!(parse_range(bad.as_bytes()), None, "{bad}");
        }
    }
}
