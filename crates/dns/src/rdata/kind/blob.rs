//! Octets behind a length.

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    text::{Lexer, Printer, Token, radix},
    wire::{Reader, Sink},
};

/// Appends what `parse` writes, behind a length octet.
fn with_len_octet(
    token: &Token<'_>,
    bytes: &mut Vec<u8>,
    parse: impl FnOnce(&mut Vec<u8>) -> Result<(), TextError>,
) -> Result<(), TextError> {
    let start = bytes.len();
    bytes.push(0);
    parse(bytes)?;
    let len = u8::try_from(bytes.len() - start - 1);
    bytes[start] = len.map_err(|_| token.invalid("longer than 255 octets"))?;
    Ok(())
}

/// Appends what `parse` writes, behind two length octets; returns the length.
fn with_len(
    at: usize,
    bytes: &mut Vec<u8>,
    parse: impl FnOnce(&mut Vec<u8>) -> Result<(), TextError>,
) -> Result<u16, TextError> {
    let start = bytes.len();
    bytes.extend_from_slice(&[0, 0]);
    parse(bytes)?;
    let len = u16::try_from(bytes.len() - start - 2);
    let len = len.map_err(|_| TextError::invalid(at, "longer than 65535 octets"))?;
    bytes[start..start + 2].copy_from_slice(&len.to_be_bytes());
    Ok(len)
}

fn read_blob<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<&'a [u8], WireError> {
    let len = reader.u16(field)?;
    reader.bytes(usize::from(len), field)
}

fn write_blob(view: &[u8], sink: &mut impl Sink) -> Result<(), BuildError> {
    let len = u16::try_from(view.len()).map_err(|_| BuildError::TooLong)?;
    sink.put(&len.to_be_bytes())?;
    sink.put(view)
}

/// Reads a length and as many octets in base64; none are nothing at all, or an empty string.
fn parse_sized(
    tokens: &mut Lexer<'_>,
    field: &'static str,
    bytes: &mut Vec<u8>,
) -> Result<(), TextError> {
    let token = tokens.require(field)?;
    let wanted = token.number(u16::MAX.into(), "not a length up to 65535")?;
    let next = { *tokens }.next()?;
    let is_shown = wanted > 0 || next.is_some_and(|next| next.quoted && next.text.is_empty());
    let len = with_len(token.at, bytes, |bytes| match is_shown {
        true => radix::base64(&tokens.require(field)?, bytes),
        false => Ok(()),
    })?;
    if u64::from(len) != wanted {
        return Err(token.invalid("length does not match the octets"));
    }
    Ok(())
}

kind! {
    /// NSEC3's salt: a length octet; in hexadecimal, of which none is a dash.
    Salt: &'a [u8];
    read(reader, field) { reader.string(field) }
    write(view, sink) { sink.string(view) }
    print(view, out) { if view.is_empty() { out.show('-') } else { out.hex(view) } }
    parse(tokens, field, bytes) {
        let token = tokens.require(field)?;
        with_len_octet(&token, bytes, |bytes| match token.text {
            b"-" => Ok(()),
            _ => radix::hex(&token, bytes),
        })
    }
}

kind! {
    /// NSEC3's next owner: a length octet; in base32 with extended hex alphabet, unpadded.
    Hash: &'a [u8];
    read(reader, field) {
        let at = reader.position();
        let hash = reader.string(field)?;
        if hash.is_empty() {
            return Err(WireError::Invalid { at, what: "hash is empty" });
        }
        Ok(hash)
    }
    write(view, sink) { sink.string(view) }
    print(view, out) { radix::write_base32(view, out.field()?) }
    parse(tokens, field, bytes) {
        let token = tokens.require(field)?;
        with_len_octet(&token, bytes, |bytes| radix::base32(&token, bytes))
    }
}

kind! {
    /// Two length octets; one token of base64.
    Blob: &'a [u8];
    read(reader, field) { read_blob(reader, field) }
    write(view, sink) { write_blob(view, sink) }
    has_text(view) { !view.is_empty() }
    print(view, out) { radix::write_base64(view, out.field()?) }
    parse(tokens, field, bytes) {
        let token = tokens.require(field)?;
        with_len(token.at, bytes, |bytes| radix::base64(&token, bytes)).map(drop)
    }
}

kind! {
    /// Two length octets; base64 to the end of the entry, or nothing.
    BlobRest: &'a [u8];
    read(reader, field) { read_blob(reader, field) }
    write(view, sink) { write_blob(view, sink) }
    print(view, out) {
        if view.is_empty() { Ok(()) } else { radix::write_base64(view, out.field()?) }
    }
    parse(tokens, field, bytes) {
        let is_empty = { *tokens }.next()?.is_none();
        with_len(tokens.position(), bytes, |bytes| match is_empty {
            true => Ok(()),
            false => radix::base64_rest(tokens, field, bytes),
        }).map(drop)
    }
}

kind! {
    /// TSIG's MAC: two length octets; in text the length and base64.
    Mac: &'a [u8];
    read(reader, field) { read_blob(reader, field) }
    write(view, sink) { write_blob(view, sink) }
    has_text(view) { !view.is_empty() }
    print(view, out) {
        out.show(view.len())?;
        radix::write_base64(view, out.field()?)
    }
    parse(tokens, field, bytes) { parse_sized(tokens, field, bytes) }
}

kind! {
    /// TSIG's other data: two length octets; in text the length, and base64 unless it is zero.
    Other: &'a [u8];
    read(reader, field) { read_blob(reader, field) }
    write(view, sink) { write_blob(view, sink) }
    print(view, out) {
        out.show(view.len())?;
        if view.is_empty() { Ok(()) } else { radix::write_base64(view, out.field()?) }
    }
    parse(tokens, field, bytes) { parse_sized(tokens, field, bytes) }
}
