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
        if tokens.require_word(field)?.text == b"-" {
            return Ok(());
        }
        *tokens = before;
        radix::base64_rest(tokens, field, bytes)
    }
}

kind! {
    /// KEY's octets in base64, which may be missing behind flags that say so (RFC 2535 section 3.1.2).
    KeyBase64: &'a [u8];
    read(reader, field) { Ok(reader.rest()) }
    write(view, sink) { sink.put(view) }
    has_text(view) { !view.is_empty() }
    print(view, out) { radix::write_base64(view, out.field()?) }
    parse(tokens, field, bytes) {
        let flags = bytes.len().checked_sub(4).and_then(|at| bytes.get(at).copied());
        if flags.is_some_and(|flags| flags & 0xc0 == 0xc0) && { *tokens }.next()?.is_none() {
            return Ok(());
        }
        radix::base64_rest(tokens, field, bytes)
    }
}
