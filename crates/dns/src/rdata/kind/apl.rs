//! Lists of address prefixes (RFC 3123 section 4).

use core::net::{Ipv4Addr, Ipv6Addr};

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    rdata::PrefixList,
    text::{Lexer, Printer, Token, radix},
    wire::{Reader, Sink},
};

kind! {
    /// Prefixes to the end.
    Prefixes: PrefixList<'a>;
    read(reader, field) { PrefixList::read(reader, field) }
    write(view, sink) { sink.put(view.as_wire()) }
    print(view, out) {
        let mut items = view;
        items.try_for_each(|item| out.show(item))
    }
    parse(tokens, field, bytes) {
        while let Some(token) = tokens.next()? {
            parse_prefix(&token, bytes).ok_or_else(|| token.invalid("not an address prefix"))??;
        }
        Ok(())
    }
}

/// Reads `[!]family:address/length`; `None` where a part is missing or out of range.
fn parse_prefix(token: &Token<'_>, bytes: &mut Vec<u8>) -> Option<Result<(), TextError>> {
    let (negated, text) = match token.text {
        [b'!', text @ ..] => (0x80, text),
        text => (0, text),
    };
    let colon = memchr::memchr(b':', text)?;
    let slash = memchr::memrchr(b'/', text)?;
    let address = text.get(colon + 1..slash)?;
    let number = |text, max| Token { text, ..*token }.number(max, "out of range").ok();
    let family = number(&text[..colon], u16::MAX.into())? as u16;
    let max = match family {
        1 => 32,
        2 => 128,
        _ => 255,
    };
    let prefix = number(&text[slash + 1..], max)? as u8;
    bytes.extend_from_slice(&family.to_be_bytes());
    bytes.extend_from_slice(&[prefix, 0]);
    let start = bytes.len();
    let utf8 = core::str::from_utf8(address).ok()?;
    match family {
        1 => bytes.extend_from_slice(&utf8.parse::<Ipv4Addr>().ok()?.octets()),
        2 => bytes.extend_from_slice(&utf8.parse::<Ipv6Addr>().ok()?.octets()),
        _ => {
            if let Err(error) = radix::hex(
                &Token {
                    text: address,
                    ..*token
                },
                bytes,
            ) {
                return Some(Err(error));
            }
        }
    }
    let used = bytes[start..].iter().rposition(|octet| *octet != 0);
    let len = used.map_or(0, |last| last + 1);
    bytes.truncate(start + len);
    let len = u8::try_from(len).ok().filter(|len| *len < 128)?;
    bytes[start - 1] = negated | len;
    Some(Ok(()))
}
