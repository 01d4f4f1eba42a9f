//! The interpreter of the table: what every record type's forms have in common.

use core::fmt::{self, Write};
use std::borrow::Cow;

use crate::{
    error::{BuildError, TextError, WireError},
    rdata::table::{Format, Spec},
    record::{Class, Rtype},
    text::{Lexer, Printer, radix},
    wire::{Reader, Sink},
};

/// What is known of a type, if anything is.
type Known = Option<&'static Spec>;

/// Checks rdata that fills `reader`.
pub(crate) fn check(known: Known, mut reader: Reader<'_>) -> Result<(), WireError> {
    let Some(spec) = known else {
        return Ok(());
    };
    for (name, field) in spec.fields {
        field.check(&mut reader, name)?;
    }
    reader.finish()
}

/// What becomes of the names within rdata.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Compressed,
    Expanded,
    Lowercase,
}

/// Appends checked rdata with its names expanded.
pub(crate) fn write_expanded(
    known: Known,
    reader: Reader<'_>,
    sink: &mut impl Sink,
) -> Result<(), BuildError> {
    copy(known, reader, sink, Names::Expanded)
}

/// Appends checked rdata in canonical form (RFC 4034 section 6.2).
pub(crate) fn write_canonical(
    known: Known,
    reader: Reader<'_>,
    sink: &mut impl Sink,
) -> Result<(), BuildError> {
    let lowercase = known.is_some_and(|spec| spec.lowercase);
    let names = if lowercase {
        Names::Lowercase
    } else {
        Names::Expanded
    };
    copy(known, reader, sink, names)
}

/// Returns checked, uncompressed rdata of class IN in canonical form: records are the same if these are (RFC
/// 4034 section 6.3).
pub(crate) fn canonical(rtype: Rtype, wire: &[u8]) -> Cow<'_, [u8]> {
    let known = Format::of(Class::IN, rtype).spec(rtype);
    if !known.is_some_and(|spec| spec.lowercase) {
        return Cow::Borrowed(wire);
    }
    let mut written = Vec::with_capacity(wire.len());
    match write_canonical(known, Reader::new(wire), &mut written) {
        Ok(()) => Cow::Owned(written),
        Err(_) => Cow::Borrowed(wire),
    }
}

/// Appends checked rdata as it stands in a message: names compressed where the type allows.
#[inline]
pub(crate) fn write_message(
    (class, rtype): (Class, Rtype),
    mut reader: Reader<'_>,
    sink: &mut impl Sink,
) -> Result<(), BuildError> {
    match Format::of(class, rtype).spec(rtype) {
        Some(spec) if spec.compress => copy(Some(spec), reader, sink, Names::Compressed),
        _ => sink.put(reader.rest()),
    }
}

fn copy(
    known: Known,
    mut reader: Reader<'_>,
    sink: &mut impl Sink,
    names: Names,
) -> Result<(), BuildError> {
    let fields = known.map_or(&[][..], |spec| spec.fields);
    for (name, field) in fields {
        if field.is_name() {
            let found = reader.name().map_err(BuildError::Rdata)?;
            match names {
                Names::Compressed => sink.compressed(found)?,
                Names::Expanded => sink.name(found)?,
                Names::Lowercase => sink.name((&found.to_name_buf().to_lowercase()).into())?,
            }
            continue;
        }
        let mut start = reader;
        field.check(&mut reader, name).map_err(BuildError::Rdata)?;
        let len = reader.position() - start.position();
        sink.put(start.bytes(len, name).map_err(BuildError::Rdata)?)?;
    }
    sink.put(reader.rest())
}

/// Prints checked rdata in presentation format.
pub(crate) fn print(known: Known, reader: Reader<'_>, out: &mut dyn Write) -> fmt::Result {
    match known {
        Some(spec) if has_text(spec, reader) => {
            let mut reader = reader;
            let mut printer = Printer::new(out);
            let mut fields = spec.fields.iter();
            fields.try_for_each(|(name, field)| field.print(&mut reader, name, &mut printer))
        }
        _ => print_generic(reader, out),
    }
}

/// Says whether every field has a text that reads back.
fn has_text(spec: &Spec, mut reader: Reader<'_>) -> bool {
    let mut fields = spec.fields.iter();
    fields.all(|(name, field)| field.has_text(&mut reader, name)) && !spec.fields.is_empty()
}

/// Prints rdata in the `\#` form (RFC 3597 section 5).
pub(crate) fn print_generic(mut reader: Reader<'_>, out: &mut dyn Write) -> fmt::Result {
    let octets = reader.rest();
    let mut printer = Printer::new(out);
    printer.show(format_args!("\\# {}", octets.len()))?;
    if octets.is_empty() {
        Ok(())
    } else {
        printer.hex(octets)
    }
}

/// Parses rdata to the end of the entry and appends its wire form, uncompressed.
pub(crate) fn parse_rdata(
    known: Known,
    tokens: &mut Lexer<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let start = out.len();
    let at = tokens.position();
    if !tokens.is_before_word() && is_generic(tokens)? {
        parse_generic(known, tokens, out)?;
    } else {
        let Some(spec) = known else {
            let at = tokens.next()?.map_or(at, |token| token.at);
            return Err(TextError::invalid(
                at,
                "a type without a format is written as \\#",
            ));
        };
        for (name, field) in spec.fields {
            field.parse(tokens, name, out)?;
        }
        tokens.finish()?;
    }
    if out.len() - start > usize::from(u16::MAX) {
        return Err(TextError::invalid(at, "rdata is longer than 65535 octets"));
    }
    Ok(())
}

/// Moves over a `\#`, if that is next.
fn is_generic(tokens: &mut Lexer<'_>) -> Result<bool, TextError> {
    let before = *tokens;
    if tokens.begin()? == Some(b'\\') && tokens.next()?.is_some_and(|token| token.text == b"\\#") {
        return Ok(true);
    }
    *tokens = before;
    Ok(false)
}

/// Parses what follows `\#`: the length, and as many octets in hexadecimal; a known type's rdata
/// must be valid too.
fn parse_generic(known: Known, tokens: &mut Lexer<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let start = out.len();
    let token = tokens.require("length")?;
    let len = token.number(u16::MAX.into(), "not a length up to 65535")?;
    if len > 0 {
        radix::hex_rest(tokens, "octets", out)?;
    }
    tokens.finish()?;
    if (out.len() - start) as u64 != len {
        return Err(token.invalid("length does not match the octets"));
    }
    if check_flat(known, Reader::new(&out[start..])).is_err() {
        return Err(token.invalid("octets are not valid for this type"));
    }
    Ok(())
}

/// Checks rdata that fills `reader` and holds no pointer.
fn check_flat(known: Known, mut reader: Reader<'_>) -> Result<(), WireError> {
    let Some(spec) = known else {
        return Ok(());
    };
    for (name, field) in spec.fields {
        match field.is_name() {
            true => reader.flat_name().map(drop)?,
            false => field.check(&mut reader, name)?,
        }
    }
    reader.finish()
}
