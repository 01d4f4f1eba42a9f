//! Octets without a text of their own.

use core::fmt;

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    text::{Lexer, Printer, radix},
    wire::{Reader, Sink},
};

/// Octets to the end that have no text but the `\#` form.
pub(crate) struct Opaque;

impl Kind for Opaque {
    type View<'a> = &'a [u8];

    #[inline]
    fn read<'a>(reader: &mut Reader<'a>, _: &'static str) -> Result<&'a [u8], WireError> {
        Ok(reader.rest())
    }

    fn write(view: &[u8], sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.put(view)
    }

    fn print(view: &[u8], out: &mut Printer<'_>) -> fmt::Result {
        out.show(format_args!("\\# {}", view.len()))?;
        if view.is_empty() {
            Ok(())
        } else {
            out.hex(view)
        }
    }

    fn parse(tokens: &mut Lexer<'_>, _: &'static str, _: &mut Vec<u8>) -> Result<(), TextError> {
        let at = tokens.position();
        Err(TextError::invalid(at, "this type is written as \\# only"))
    }
}

/// Octets to the end, in hexadecimal.
pub(crate) struct Hex;

impl Kind for Hex {
    type View<'a> = &'a [u8];

    #[inline]
    fn read<'a>(reader: &mut Reader<'a>, _: &'static str) -> Result<&'a [u8], WireError> {
        Ok(reader.rest())
    }

    fn write(view: &[u8], sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.put(view)
    }

    fn print(view: &[u8], out: &mut Printer<'_>) -> fmt::Result {
        out.hex(view)
    }

    fn parse(tokens: &mut Lexer<'_>, _: &'static str, out: &mut Vec<u8>) -> Result<(), TextError> {
        radix::hex_rest(tokens, out)
    }
}

/// Octets to the end, in base64.
pub(crate) struct Base64;

impl Kind for Base64 {
    type View<'a> = &'a [u8];

    #[inline]
    fn read<'a>(reader: &mut Reader<'a>, _: &'static str) -> Result<&'a [u8], WireError> {
        Ok(reader.rest())
    }

    fn write(view: &[u8], sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.put(view)
    }

    fn print(view: &[u8], out: &mut Printer<'_>) -> fmt::Result {
        if view.is_empty() {
            return Ok(());
        }
        radix::write_base64(view, out.field()?)
    }

    fn parse(tokens: &mut Lexer<'_>, _: &'static str, out: &mut Vec<u8>) -> Result<(), TextError> {
        radix::base64_rest(tokens, out)
    }
}
