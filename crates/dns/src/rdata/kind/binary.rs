//! Octets to the end.

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    text::{Lexer, Printer, radix},
    wire::{Reader, Sink},
};

kind! {
    /// Octets that have no text but the `\\#` form.
    Opaque: &'a [u8];
    read(reader, field) { Ok(reader.rest()) }
    write(view, sink) { sink.put(view) }
    has_text(view) { false }
    print(view, out) { Ok(()) }
    parse(tokens, field, bytes) {
        Err(TextError::invalid(tokens.position(), "this type is written as \\# only"))
    }
}

kind! {
    /// Octets in hexadecimal.
    Hex: &'a [u8];
    read(reader, field) { Ok(reader.rest()) }
    write(view, sink) { sink.put(view) }
    has_text(view) { !view.is_empty() }
    print(view, out) { out.hex(view) }
    parse(tokens, field, bytes) { radix::hex_rest(tokens, field, bytes) }
}

kind! {
    /// Octets in base64.
    Base64: &'a [u8];
    read(reader, field) { Ok(reader.rest()) }
    write(view, sink) { sink.put(view) }
    has_text(view) { !view.is_empty() }
    print(view, out) { radix::write_base64(view, out.field()?) }
    parse(tokens, field, bytes) { radix::base64_rest(tokens, field, bytes) }
}

kind! {
    /// Octets in base64, of which none are a dash.
    DashBase64: &'a [u8];
    read(reader, field) { Ok(reader.rest()) }
    write(view, sink) { sink.put(view) }
    print(view, out) {
        if view.is_empty() { out.show('-') } else { radix::write_base64(view, out.field()?) }
    }
    parse(tokens, field, bytes) {
        let before = *tokens;
        if tokens.expect(field)?.text == b"-" {
            return Ok(());
        }
        *tokens = before;
        radix::base64_rest(tokens, field, bytes)
    }
}
