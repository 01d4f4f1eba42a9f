//! Octets in groups of hexadecimal digits.

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    text::{Lexer, Printer, Token, radix},
    wire::{Reader, Sink},
};

/// Reads `count` pairs of hexadecimal digits with dashes in between.
fn parse_octets(token: &Token<'_>, count: usize, bytes: &mut Vec<u8>) -> Result<(), TextError> {
    let bad = || token.invalid("not groups of hexadecimal digits");
    if token.text.len() != count * 3 - 1 {
        return Err(bad());
    }
    for group in token.text.chunks(3) {
        let (digits, rest) = group.split_at(2);
        if !rest.is_empty() && rest != [b'-'] {
            return Err(bad());
        }
        let inner = Token {
            text: digits,
            ..*token
        };
        radix::hex(&inner, bytes)?;
    }
    Ok(())
}

/// Reads four groups of one to four hexadecimal digits: zeros in front may be left out, as BIND
/// does, but no group may.
fn parse_locator(token: &Token<'_>) -> Result<u64, TextError> {
    let bad = || token.invalid("not four groups of hexadecimal digits");
    let (mut value, mut count) = (0, 0);
    for group in token.text.split(|byte| *byte == b':') {
        let text = core::str::from_utf8(group).map_err(|_| bad())?;
        let is_group = matches!(group.len(), 1..=4) && group.iter().all(u8::is_ascii_hexdigit);
        let digits = u16::from_str_radix(text, 16).map_err(|_| bad())?;
        count += 1;
        if !is_group || count > 4 {
            return Err(bad());
        }
        value = value << 16 | u64::from(digits);
    }
    if count == 4 { Ok(value) } else { Err(bad()) }
}

kind! {
    /// A node or locator of ILNP: four groups of four digits (RFC 6742 section 2.1).
    Groups: u64;
    read(reader, field) { reader.u64(field) }
    write(view, sink) { sink.put(&view.to_be_bytes()) }
    print(view, out) {
        let [a, b, c, d] = [48, 32, 16, 0].map(|shift| (view >> shift) as u16);
        out.show(format_args!("{a:04x}:{b:04x}:{c:04x}:{d:04x}"))
    }
    parse(tokens, field, bytes) {
        let value = parse_locator(&tokens.require_word(field)?)?;
        bytes.extend_from_slice(&value.to_be_bytes());
        Ok(())
    }
}

macro_rules! euis {
    ($($(#[$doc:meta])+ $kind:ident $len:literal;)*) => {$(
        kind! {
            $(#[$doc])+
            $kind: [u8; $len];
            read(reader, field) { reader.array(field) }
            write(view, sink) { sink.put(&view) }
            print(view, out) {
                let out = out.field()?;
                for (place, octet) in view.iter().enumerate() {
                    let dash = if place == 0 { "" } else { "-" };
                    write!(out, "{dash}{octet:02x}")?;
                }
                Ok(())
            }
            parse(tokens, field, bytes) {
                parse_octets(&tokens.require_word(field)?, $len, bytes)
            }
        }
    )*};
}

euis! {
    /// Six octets (RFC 7043 section 3.2).
    Eui48 6;
    /// Eight octets (RFC 7043 section 4.2).
    Eui64 8;
}

kind! {
    /// A CBHE node: one number of 64 bits, or two of 32 with a dot in between.
    Ipn: u64;
    read(reader, field) { reader.u64(field) }
    write(view, sink) { sink.put(&view.to_be_bytes()) }
    print(view, out) { out.show(view) }
    parse(tokens, field, bytes) {
        let token = tokens.require_word(field)?;
        let what = "neither a number of 64 bits nor two of 32";
        let value = match memchr::memchr(b'.', token.text) {
            None => token.number(u64::MAX, what)?,
            Some(dot) => {
                let half = |text| Token { text, ..token }.number(u32::MAX.into(), what);
                half(&token.text[..dot])? << 32 | half(&token.text[dot + 1..])?
            }
        };
        bytes.extend_from_slice(&value.to_be_bytes());
        Ok(())
    }
}
