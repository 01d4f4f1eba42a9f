//! Names appended to a buffer straight from where they stand in text.

use crate::{
    error::TextError,
    text::{Lexer, block},
};

/// What is longer takes the slower way, which knows all limits.
const PLAIN: usize = 128;

impl Lexer<'_> {
    /// Reads the next token as a name and appends its wire form.
    #[inline]
    pub(crate) fn name(&mut self, field: &'static str, out: &mut Vec<u8>) -> Result<(), TextError> {
        let start = out.len();
        if let Some(end) = self.plain_name(out) {
            self.pos = end;
            return Ok(());
        }
        out.truncate(start);
        self.any_name(field, out)
    }

    /// Appends the name at the position if it is short and has no escapes, and returns where it
    /// ends in the text. What is appended is the text itself behind one octet: then
    /// every dot, and that first octet, become the length of the label behind them.
    #[inline]
    fn plain_name(&self, out: &mut Vec<u8>) -> Option<usize> {
        let (at, mut ahead) = self.behind_blank()?;
        let start = out.len();
        out.push(0);
        let (mut len, mut label) = (0, start);
        let end = loop {
            let (ends, dots) = block::word_ends_and_dots(ahead);
            out.extend_from_slice(ahead);
            if ends != 0 {
                let step = ends.trailing_zeros() as usize;
                let within = dots & ((1 << step) - 1);
                label = set_lengths(out, label, start + 1 + len, within)?;
                len += step;
                break ahead[step % block::LEN];
            }
            label = set_lengths(out, label, start + 1 + len, dots)?;
            len += block::LEN;
            if len > PLAIN {
                return None;
            }
            ahead = self.ahead(at + len)?;
        };
        // What ends the word must be what does so without a second look.
        if !matches!(end, b' ' | b'\t' | b'\n' | b'\r') {
            return None;
        }
        let last = start + len - label;
        if last > 63 || len == 0 {
            return None;
        }
        out.truncate(start + 1 + len);
        out[label] = last as u8;
        if last == 0 {
            return Some(at + len);
        }
        if len == 1 && out[start + 1] == b'@' {
            out.truncate(start);
        }
        out.extend_from_slice(self.origin()?.as_wire());
        (out.len() - start <= 255).then_some(at + len)
    }

    #[cold]
    fn any_name(&mut self, field: &'static str, out: &mut Vec<u8>) -> Result<(), TextError> {
        let mut wire = [0; 255];
        let len = self.require_word(field)?.name(self.origin(), &mut wire)?;
        out.extend_from_slice(&wire[..len]);
        Ok(())
    }
}

/// Writes the lengths of the labels that end at `dots`, of which the first is at `base`; returns where
/// that of the label behind them goes, or `None` if one is empty or too long.
#[inline]
fn set_lengths(out: &mut [u8], mut label: usize, base: usize, mut dots: u32) -> Option<usize> {
    while dots != 0 {
        let dot = base + dots.trailing_zeros() as usize;
        let len = dot - label - 1;
        if !(1..=63).contains(&len) {
            return None;
        }
        out[label] = len as u8;
        label = dot;
        dots &= dots - 1;
    }
    Some(label)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::NameBuf;

    fn both(text: &str, origin: &NameBuf) -> [Result<Vec<u8>, TextError>; 2] {
        // Far from the end of the text, and at it.
        [format!("{text} {}", " ".repeat(300)), text.to_owned()].map(|text| {
            let mut out = vec![7; 3];
            let mut tokens = Lexer::new(text.as_bytes(), Some(origin));
            tokens.name("name", &mut out)?;
            assert_eq!(out[..3], [7; 3]);
            Ok(out.split_off(3))
        })
    }

    proptest! {
        #[test]
        fn the_plain_way_gives_what_the_other_gives(
            text in r"([a-c.]|[a-z@!*-]{0,70}|[a-z]{1,3}\.|\\[.a@]|\\[012]{1,3}){1,12}",
            origin_len in 0..4_usize,
        ) {
            let origin: NameBuf = [".", "example.", "a.b.c.", &"x.".repeat(120)][origin_len].parse().unwrap();
            let wanted = NameBuf::parse(&text, Some(&origin));
            for read in both(&text, &origin) {
                match (&wanted, read) {
                    (Ok(name), Ok(wire)) => prop_assert_eq!(name.as_wire(), &wire[..]),
                    (Err(wanted), Err(TextError::Name { at: 0, reason })) => {
                        prop_assert_eq!(*wanted, reason);
                    }
                    (_, Err(TextError::Missing { .. })) => prop_assert!(text.is_empty()),
                    (wanted, read) => prop_assert!(false, "{wanted:?} {read:?}"),
                }
            }
        }
    }

    #[test]
    fn labels_and_names_at_their_limits() {
        let origin: NameBuf = "example.".parse().unwrap();
        let label = |len: usize| "a".repeat(len);
        let table = [
            (label(63), true),
            (label(64), false),
            (format!("{}.", label(63)), true),
            (format!("{}.", label(64)), false),
            (format!("{0}.{0}.{0}.{1}.", label(63), label(61)), true),
            (format!("{0}.{0}.{0}.{1}.", label(63), label(62)), false),
            (format!("{0}.{0}.{0}.{1}", label(63), label(53)), true),
            (format!("{0}.{0}.{0}.{1}", label(63), label(54)), false),
            ("@".to_owned(), true),
            (".".to_owned(), true),
            ("..".to_owned(), false),
            (".a".to_owned(), false),
            ("a..b".to_owned(), false),
        ];
        for (text, is_name) in table {
            for read in both(&text, &origin) {
                assert_eq!(read.is_ok(), is_name, "{text}: {read:?}");
            }
        }
    }
}
