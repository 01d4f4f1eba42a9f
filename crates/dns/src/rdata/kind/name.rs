//! Names within rdata.

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    name::NameRef,
    text::{Lexer, Printer},
    wire::{Reader, Sink},
};

kind! {
    /// A name that may be compressed when read (RFC 3597 section 4); whether it is when written
    /// stands in the table.
    Name: NameRef<'a>;
    read(reader, field) { reader.name() }
    write(view, sink) { sink.name(view) }
    print(view, out) { out.show(view) }
    parse(tokens, field, bytes) { parse_name(tokens, bytes) }
}

kind! {
    /// A name that is never compressed.
    FlatName: NameRef<'a>;
    read(reader, field) { reader.flat_name() }
    write(view, sink) { sink.name(view) }
    print(view, out) { out.show(view) }
    parse(tokens, field, bytes) { parse_name(tokens, bytes) }
}

#[inline]
pub(super) fn parse_name(tokens: &mut Lexer<'_>, bytes: &mut Vec<u8>) -> Result<(), TextError> {
    tokens.name("name", bytes)
}
