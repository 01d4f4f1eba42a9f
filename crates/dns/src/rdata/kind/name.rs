//! Names within rdata.

use core::fmt;

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    name::NameRef,
    text::{Lexer, Printer},
    wire::{Reader, Sink},
};

/// A name that may be compressed when read (RFC 3597 section 4); whether it is when written
/// stands in the table.
pub(crate) struct Name;

/// A name that is never compressed.
pub(crate) struct FlatName;

impl Kind for Name {
    type View<'a> = NameRef<'a>;

    #[inline]
    fn read<'a>(reader: &mut Reader<'a>, _: &'static str) -> Result<NameRef<'a>, WireError> {
        reader.name()
    }

    fn write(view: NameRef<'_>, sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.name(view)
    }

    fn print(view: NameRef<'_>, out: &mut Printer<'_>) -> fmt::Result {
        out.show(view)
    }

    fn parse(tokens: &mut Lexer<'_>, _: &'static str, out: &mut Vec<u8>) -> Result<(), TextError> {
        let mut wire = [0; 255];
        let len = tokens.expect("name")?.name(tokens.origin(), &mut wire)?;
        out.extend_from_slice(&wire[..len]);
        Ok(())
    }
}

impl Kind for FlatName {
    type View<'a> = NameRef<'a>;

    #[inline]
    fn read<'a>(reader: &mut Reader<'a>, _: &'static str) -> Result<NameRef<'a>, WireError> {
        reader.flat_name()
    }

    fn write(view: NameRef<'_>, sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.name(view)
    }

    fn print(view: NameRef<'_>, out: &mut Printer<'_>) -> fmt::Result {
        out.show(view)
    }

    fn parse(
        tokens: &mut Lexer<'_>,
        field: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        Name::parse(tokens, field, out)
    }
}
