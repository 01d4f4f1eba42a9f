//! Octets in groups of hexadecimal digits.

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    text::{Lexer, Printer, Token, radix},
    wire::{Reader, Sink},
};

/// Reads groups of hexadecimal digits, each of `width`, with `separator` in between.
fn parse_groups(
    token: &Token<'_>,
    (count, width, separator): (usize, usize, u8),
    bytes: &mut Vec<u8>,
) -> Result<(), TextError> {
    let bad = || token.invalid("not groups of hexadecimal digits");
    if token.text.len() != count * (width + 1) - 1 {
        return Err(bad());
    }
    for group in token.text.chunks(width + 1) {
        let (digits, rest) = group.split_at(width);
        if !rest.is_empty() && rest != [separator] {
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

kind! {
    /// A node or locator of ILNP: four groups of four digits (RFC 6742 section 2.1).
    Groups: u64;
    read(reader, field) { reader.u64(field) }
    write(view, sink) { sink.put(&view.to_be_bytes()) }
    print(view, out) {
        let [a, b, c, d] = [48, 32, 16, 0].map(|shift| (view >> shift) as u16);
        out.show(format_args!("{a:04x}:{b:04x}:{c:04x}:{d:04x}"))
    }
    parse(tokens, field, bytes) { parse_groups(&tokens.expect(field)?, (4, 4, b':'), bytes) }
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
                parse_groups(&tokens.expect(field)?, ($len, 2, b'-'), bytes)
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
        let token = tokens.expect(field)?;
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
