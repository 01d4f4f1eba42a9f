//! Fields of types that few use.

use super::{Kind, string::parse_string};
use crate::{
    error::{BuildError, TextError, WireError},
    text::{Lexer, Printer, Token, radix},
    wire::{Reader, Sink},
};

kind! {
    /// A character-string that may be left out (RFC 1183 section 3.2).
    OptStr: Option<&'a [u8]>;
    read(reader, field) {
        if reader.is_empty() { Ok(None) } else { reader.string(field).map(Some) }
    }
    write(view, sink) { view.map_or(Ok(()), |string| sink.string(string)) }
    print(view, out) { view.map_or(Ok(()), |string| out.quoted(string)) }
    parse(tokens, field, bytes) {
        match tokens.next()? {
            Some(token) => parse_string(token, bytes),
            None => Ok(()),
        }
    }
}

kind! {
    /// An NSAP: `0x` and digits, with dots anywhere between them (RFC 1706 section 5).
    Nsap: &'a [u8];
    read(reader, field) { Ok(reader.rest()) }
    write(view, sink) { sink.put(view) }
    print(view, out) {
        let out = out.field()?;
        out.write_str("0x")?;
        view.iter().try_for_each(|octet| write!(out, "{octet:02x}"))
    }
    parse(tokens, field, bytes) {
        let token = tokens.require(field)?;
        let [b'0', b'x' | b'X', digits @ ..] = token.text else {
            return Err(token.invalid("does not start with 0x"));
        };
        parse_dotted(&token, digits, bytes)
    }
}

/// Reads hexadecimal digits with dots anywhere between them.
fn parse_dotted(token: &Token<'_>, digits: &[u8], bytes: &mut Vec<u8>) -> Result<(), TextError> {
    let mut groups = digits.split(|byte| *byte == b'.');
    let left = groups.try_fold(None, |left, group| radix::append_hex(group, left, bytes));
    match left {
        Some(None) => Ok(()),
        Some(Some(_)) => Err(token.invalid("odd number of hexadecimal digits")),
        None => Err(token.invalid("not hexadecimal")),
    }
}

kind! {
    /// An ATM address: its format, then octets in hexadecimal or digits behind a plus sign.
    Atma: &'a [u8];
    read(reader, field) {
        let at = reader.position();
        let whole = reader.rest();
        match whole {
            [] | [_] => Err(WireError::Truncated { at, field }),
            [1, digits @ ..] if !digits.iter().all(u8::is_ascii_digit) => {
                Err(WireError::Invalid { at, what: "E.164 address is not digits" })
            }
            _ => Ok(whole),
        }
    }
    write(view, sink) { sink.put(view) }
    has_text(view) { matches!(view, [0 | 1, ..]) }
    print(view, out) {
        match view {
            [0, octets @ ..] => out.hex(octets),
            [1, digits @ ..] => out.show(format_args!("+{}", digits.escape_ascii())),
            _ => Ok(()),
        }
    }
    parse(tokens, field, bytes) {
        let token = tokens.require(field)?;
        match token.text {
            [b'+', digits @ ..] => {
                if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                    return Err(token.invalid("not digits"));
                }
                bytes.push(1);
                bytes.extend_from_slice(digits);
                Ok(())
            }
            octets if octets.iter().all(|byte| *byte == b'.') => {
                Err(token.invalid("no address"))
            }
            digits => {
                bytes.push(0);
                parse_dotted(&token, digits, bytes)
            }
        }
    }
}

macro_rules! degrees {
    ($($(#[$doc:meta])+ $kind:ident $limit:literal;)*) => {$(
        kind! {
            $(#[$doc])+
            $kind: &'a [u8];
            read(reader, field) {
                let at = reader.position();
                let text = reader.string(field)?;
                if !is_decimal(text, $limit) {
                    return Err(WireError::Invalid { at, what: "not a number in range" });
                }
                Ok(text)
            }
            write(view, sink) { sink.string(view) }
            print(view, out) { out.show(view.escape_ascii()) }
            parse(tokens, field, bytes) {
                let token = tokens.require(field)?;
                if !is_decimal(token.text, $limit) {
                    return Err(token.invalid("not a number in range"));
                }
                parse_string(token, bytes)
            }
        }
    )*};
}

degrees! {
    /// GPOS's latitude (RFC 1712 section 3).
    Latitude 90.0;
    /// GPOS's longitude.
    Longitude 180.0;
    /// GPOS's altitude.
    Degrees 1e300;
}

/// Says whether a text is a sign, digits and perhaps a point, of at most `limit` either way.
fn is_decimal(text: &[u8], limit: f64) -> bool {
    let digits = match text {
        [b'+' | b'-', digits @ ..] => digits,
        digits => digits,
    };
    let points = digits.iter().filter(|byte| **byte == b'.').count();
    let numbers = digits.iter().filter(|byte| byte.is_ascii_digit()).count();
    if numbers == 0 || points > 1 || points + numbers != digits.len() {
        return false;
    }
    let value = core::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse::<f64>().ok());
    value.is_some_and(|value| value.abs() <= limit)
}
