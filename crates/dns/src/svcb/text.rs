//! Presentation format of parameters (RFC 9460 section 2.1 and appendix A).

use core::fmt::{self, Write};

use crate::{
    error::TextError,
    rdata::Strings,
    svcb::{SvcKey, SvcParam, SvcParams, SvcValue},
    text::{Lexer, Printer, Token, radix, write_escaped},
    wire::Reader,
};

/// Prints parameters, each as `key` or `key="value"`. Groups stand under their number, which more
/// programs read than their name.
pub(crate) fn print(params: SvcParams<'_>, out: &mut Printer<'_>) -> fmt::Result {
    let mut params = params;
    params.try_for_each(|param| print_param(&param, out.field()?))
}

fn print_param(param: &SvcParam<'_>, out: &mut dyn Write) -> fmt::Result {
    match param.key {
        SvcKey::TLS_SUPPORTED_GROUPS => write!(out, "key{}", param.key.0)?,
        key => write!(out, "{key}")?,
    }
    if param.octets.is_empty() {
        return Ok(());
    }
    out.write_str("=\"")?;
    match param.value() {
        Ok(SvcValue::Mandatory(keys)) => print_list(keys.map(SvcKey), out)?,
        Ok(SvcValue::Alpn(ids)) => print_strings(ids, out)?,
        Ok(SvcValue::DocPath(Some(segments))) => print_strings(segments, out)?,
        Ok(SvcValue::Port(port)) => write!(out, "{port}")?,
        Ok(SvcValue::Ipv4Hint(addresses)) => print_list(addresses, out)?,
        Ok(SvcValue::Ipv6Hint(addresses)) => print_list(addresses, out)?,
        Ok(SvcValue::Ech(octets)) => radix::write_base64(octets, out)?,
        _ => write_escaped(param.octets, out)?,
    }
    out.write_char('"')
}

fn print_list<T: fmt::Display>(items: impl Iterator<Item = T>, out: &mut dyn Write) -> fmt::Result {
    for (place, item) in items.enumerate() {
        let comma = if place == 0 { "" } else { "," };
        write!(out, "{comma}{item}")?;
    }
    Ok(())
}

/// Commas and backslashes within an item are escaped once as a list, then once more as a string.
fn print_strings(items: Strings<'_>, out: &mut dyn Write) -> fmt::Result {
    for (place, item) in items.enumerate() {
        if place > 0 {
            out.write_char(',')?;
        }
        for byte in item {
            if matches!(byte, b',' | b'\\') {
                write_escaped(b"\\", out)?;
            }
            write_escaped(&[*byte], out)?;
        }
    }
    Ok(())
}

/// Parses parameters to the end of the entry, in any order, and appends them in that of their keys.
pub(crate) fn parse(tokens: &mut Lexer<'_>, bytes: &mut Vec<u8>) -> Result<(), TextError> {
    let (start, first) = (bytes.len(), *tokens);
    let (mut count, mut last, mut is_sorted) = (0, None, true);
    while let Some(token) = tokens.next()? {
        let key = parse_param(&token, tokens, bytes)?;
        if last == Some(key) {
            return Err(token.invalid(TWICE));
        }
        is_sorted &= last < Some(key);
        last = Some(key);
        count += 1;
    }
    if !is_sorted && let Err(key) = sort(bytes, start, count) {
        return Err(TextError::invalid(second(first, key), TWICE));
    }
    let at = first.position();
    match SvcParams::read(&mut Reader::new(&bytes[start..])) {
        Ok(_) => Ok(()),
        Err(crate::WireError::Invalid { what, .. }) => Err(TextError::invalid(at, what)),
        Err(_) => Err(TextError::invalid(at, "parameters are malformed")),
    }
}

const TWICE: &str = "key stands twice";

/// How many parameters are sorted without an allocation.
const FEW: usize = 32;

/// Sorts the `count` parameters from `start` on by their keys, or returns the key that stands twice.
fn sort(bytes: &mut Vec<u8>, start: usize, count: usize) -> Result<(), SvcKey> {
    let (mut few, mut many) = ([(SvcKey(0), 0, 0); FEW], Vec::new());
    let places = match few.get_mut(..count) {
        Some(few) => few,
        None => {
            many.resize(count, (SvcKey(0), 0, 0));
            &mut many[..]
        }
    };
    let mut at = start;
    for place in &mut *places {
        let [k0, k1, l0, l1] = bytes[at..].first_chunk().copied().unwrap_or_default();
        let end = at + 4 + usize::from(u16::from_be_bytes([l0, l1]));
        *place = (SvcKey(u16::from_be_bytes([k0, k1])), at, end);
        at = end;
    }
    places.sort_unstable();
    if let Some(pair) = places.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(pair[0].0);
    }
    // Behind the end, then back: so the caller's buffer is all that is needed.
    for (_, from, to) in places {
        bytes.extend_from_within(*from..*to);
    }
    bytes.copy_within(at.., start);
    bytes.truncate(at);
    Ok(())
}

/// Finds where a key stands for the second time.
#[cold]
fn second(mut tokens: Lexer<'_>, key: SvcKey) -> usize {
    let (start, mut seen) = (tokens.position(), 0);
    while let Ok(Some(token)) = tokens.next() {
        let name = token.text.split(|byte| *byte == b'=').next();
        let is_key = !token.quoted && name.and_then(SvcKey::from_token) == Some(key);
        seen += u32::from(is_key);
        if seen == 2 {
            return token.at;
        }
    }
    start
}

/// Parses `key`, `key=value` or `key="value"`, of which the last is two tokens side by side, and appends
/// key, length and value.
fn parse_param(
    token: &Token<'_>,
    tokens: &mut Lexer<'_>,
    bytes: &mut Vec<u8>,
) -> Result<SvcKey, TextError> {
    if token.quoted {
        return Err(token.invalid("not a parameter"));
    }
    let (name, inline) = match memchr::memchr(b'=', token.text) {
        Some(equals) => (&token.text[..equals], &token.text[equals + 1..]),
        None => (token.text, &[][..]),
    };
    let key = SvcKey::from_token(name).ok_or_else(|| token.invalid("unknown parameter key"))?;
    let mut value = Token {
        text: inline,
        ..*token
    };
    if token.text.ends_with(b"=") && inline.is_empty() && tokens.peek_byte() == Some(b'"') {
        value = tokens.require("parameter value")?;
    }
    let [k0, k1] = key.0.to_be_bytes();
    bytes.extend_from_slice(&[k0, k1, 0, 0]);
    let start = bytes.len();
    match name.starts_with(b"key") {
        true => value.unescape(bytes)?,
        false => parse_value(key, &value, bytes)?,
    }
    let len = u16::try_from(bytes.len() - start);
    let len = len.map_err(|_| value.invalid("value is longer than 65535 octets"))?;
    bytes[start - 2..start].copy_from_slice(&len.to_be_bytes());
    Ok(key)
}

fn parse_value(key: SvcKey, value: &Token<'_>, octets: &mut Vec<u8>) -> Result<(), TextError> {
    let start = octets.len();
    match key {
        SvcKey::MANDATORY => parse_list(value, |item| {
            let key = SvcKey::from_token(item)?;
            octets.extend_from_slice(&key.0.to_be_bytes());
            Some(())
        })
        .and_then(|()| sort_keys(value, &mut octets[start..])),
        SvcKey::ALPN => parse_strings(value, octets),
        SvcKey::DOCPATH if value.text.is_empty() => Ok(()),
        SvcKey::DOCPATH => parse_strings(value, octets),
        SvcKey::PORT => {
            let port = value.number(65_535, "not a port")? as u16;
            octets.extend_from_slice(&port.to_be_bytes());
            Ok(())
        }
        SvcKey::TLS_SUPPORTED_GROUPS => parse_list(value, |item| {
            let group = number(item)?;
            octets.extend_from_slice(&group.to_be_bytes());
            Some(())
        }),
        SvcKey::IPV4HINT => parse_list(value, |item| {
            let address: core::net::Ipv4Addr = core::str::from_utf8(item).ok()?.parse().ok()?;
            octets.extend_from_slice(&address.octets());
            Some(())
        }),
        SvcKey::IPV6HINT => parse_list(value, |item| {
            let address: core::net::Ipv6Addr = core::str::from_utf8(item).ok()?.parse().ok()?;
            octets.extend_from_slice(&address.octets());
            Some(())
        }),
        SvcKey::ECH => radix::base64(value, octets),
        _ => value.unescape(octets),
    }
}

fn number(text: &[u8]) -> Option<u16> {
    let is_digits = text.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(text)
        .ok()
        .filter(|_| is_digits)?
        .parse()
        .ok()
}

/// Keys may stand in any order in text (RFC 9460 section 8).
fn sort_keys(value: &Token<'_>, octets: &mut [u8]) -> Result<(), TextError> {
    let (keys, _) = octets.as_chunks_mut::<2>();
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(value.invalid("key stands twice in mandatory"));
    }
    Ok(())
}

/// Splits a value without escapes at its commas.
fn parse_list(
    value: &Token<'_>,
    mut item: impl FnMut(&[u8]) -> Option<()>,
) -> Result<(), TextError> {
    let mut items = value.text.split(|byte| *byte == b',');
    items
        .try_for_each(|text| item(text).ok_or(()))
        .map_err(|()| value.invalid("value does not fit its key"))
}

/// Resolves the escapes of the string, then splits it as a list, in which `\,` and `\\` are
/// escapes again. What is written never overtakes what is read, so both share the buffer.
fn parse_strings(value: &Token<'_>, octets: &mut Vec<u8>) -> Result<(), TextError> {
    let mut head = octets.len();
    octets.push(0);
    value.unescape(octets)?;
    let (mut from, mut to) = (head + 1, head + 1);
    loop {
        let next = octets.get(from).copied();
        from += 1;
        let byte = match next {
            Some(b',') | None => {
                let len = u8::try_from(to - head - 1);
                octets[head] = len
                    .ok()
                    .filter(|len| *len > 0)
                    .ok_or_else(|| value.invalid("item is empty or longer than 255 octets"))?;
                if next.is_none() {
                    octets.truncate(to);
                    return Ok(());
                }
                head = to;
                to += 1;
                continue;
            }
            Some(b'\\') => {
                let escaped = octets.get(from).copied();
                from += 1;
                escaped
                    .filter(|byte| matches!(byte, b',' | b'\\'))
                    .ok_or_else(|| value.invalid("bad escape in a list"))?
            }
            Some(plain) => plain,
        };
        octets[to] = byte;
        to += 1;
    }
}
