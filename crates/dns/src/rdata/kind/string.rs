//! Character-strings, and text that fills the rest.

use core::fmt;

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    rdata::Strings,
    text::{Lexer, Printer, Token},
    wire::{Reader, Sink},
};

/// A character-string: a length octet and up to 255 octets.
pub(crate) struct Str;

/// One or more character-strings, to the end.
pub(crate) struct Strs;

/// CAA's property tag: letters and digits behind a length octet (RFC 8659 section 4.1).
pub(crate) struct Tag;

/// Octets to the end, written as one quoted string.
pub(crate) struct Value;

impl Kind for Str {
    type View<'a> = &'a [u8];

    #[inline]
    fn read<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<&'a [u8], WireError> {
        reader.string(field)
    }

    fn write(view: &[u8], sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.string(view)
    }

    fn print(view: &[u8], out: &mut Printer<'_>) -> fmt::Result {
        out.quoted(view)
    }

    fn parse(
        tokens: &mut Lexer<'_>,
        field: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        parse_string(tokens.require(field)?, out)
    }
}

/// Appends a token as a character-string.
pub(crate) fn parse_string(token: Token<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let start = out.len();
    out.push(0);
    token.unescape(out)?;
    let len = u8::try_from(out.len() - start - 1)
        .map_err(|_| token.invalid("string is longer than 255 octets"))?;
    out[start] = len;
    Ok(())
}

impl Kind for Strs {
    type View<'a> = Strings<'a>;

    #[inline]
    fn read<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<Strings<'a>, WireError> {
        Strings::read(reader, field)
    }

    fn write(view: Strings<'_>, sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.put(view.as_wire())
    }

    fn print(view: Strings<'_>, out: &mut Printer<'_>) -> fmt::Result {
        let mut strings = view;
        strings.try_for_each(|string| out.quoted(string))
    }

    fn parse(
        tokens: &mut Lexer<'_>,
        field: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        parse_string(tokens.require(field)?, out)?;
        while let Some(token) = tokens.next()? {
            parse_string(token, out)?;
        }
        Ok(())
    }
}

impl Kind for Tag {
    type View<'a> = &'a [u8];

    #[inline]
    fn read<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<&'a [u8], WireError> {
        let at = reader.position();
        let tag = reader.string(field)?;
        if tag.is_empty() || !tag.iter().all(u8::is_ascii_alphanumeric) {
            return Err(WireError::Invalid {
                at,
                what: "tag is not letters and digits",
            });
        }
        Ok(tag)
    }

    fn write(view: &[u8], sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.string(view)
    }

    fn print(view: &[u8], out: &mut Printer<'_>) -> fmt::Result {
        out.show(view.escape_ascii())
    }

    fn parse(
        tokens: &mut Lexer<'_>,
        field: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let token = tokens.require(field)?;
        if token.text.is_empty() || !token.text.iter().all(u8::is_ascii_alphanumeric) {
            return Err(token.invalid("tag is not letters and digits"));
        }
        parse_string(token, out)
    }
}

impl Kind for Value {
    type View<'a> = &'a [u8];

    #[inline]
    fn read<'a>(reader: &mut Reader<'a>, _: &'static str) -> Result<&'a [u8], WireError> {
        Ok(reader.rest())
    }

    fn write(view: &[u8], sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.put(view)
    }

    fn print(view: &[u8], out: &mut Printer<'_>) -> fmt::Result {
        out.quoted(view)
    }

    fn parse(
        tokens: &mut Lexer<'_>,
        field: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        tokens.require(field)?.unescape(out)
    }
}

/// As [`Value`], but not empty.
pub(crate) struct Target;

impl Kind for Target {
    type View<'a> = &'a [u8];

    #[inline]
    fn read<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<&'a [u8], WireError> {
        if reader.is_empty() {
            let at = reader.position();
            return Err(WireError::Truncated { at, field });
        }
        Ok(reader.rest())
    }

    fn write(view: &[u8], sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.put(view)
    }

    fn print(view: &[u8], out: &mut Printer<'_>) -> fmt::Result {
        out.quoted(view)
    }

    fn parse(
        tokens: &mut Lexer<'_>,
        field: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let token = tokens.require(field)?;
        if token.text.is_empty() {
            return Err(token.invalid("must not be empty"));
        }
        token.unescape(out)
    }
}
