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
    let at = tokens.position();
    let mut params: Vec<(SvcKey, Vec<u8>)> = Vec::new();
    while let Some(token) = tokens.next()? {
        let (key, octets) = parse_param(&token, tokens)?;
        match params.binary_search_by_key(&key, |(known, _)| *known) {
            Ok(_) => return Err(token.invalid("key stands twice")),
            Err(place) => params.insert(place, (key, octets)),
        }
    }
    let start = bytes.len();
    for (key, octets) in params {
        let len = u16::try_from(octets.len());
        let len = len.map_err(|_| TextError::invalid(at, "value is longer than 65535 octets"))?;
        bytes.extend_from_slice(&key.0.to_be_bytes());
        bytes.extend_from_slice(&len.to_be_bytes());
        bytes.extend_from_slice(&octets);
    }
    match SvcParams::read(&mut Reader::new(&bytes[start..])) {
        Ok(_) => Ok(()),
        Err(crate::WireError::Invalid { what, .. }) => Err(TextError::invalid(at, what)),
        Err(_) => Err(TextError::invalid(at, "parameters are malformed")),
    }
}

/// Parses `key`, `key=value` or `key="value"`, of which the last is two tokens side by side.
fn parse_param(token: &Token<'_>, tokens: &mut Lexer<'_>) -> Result<(SvcKey, Vec<u8>), TextError> {
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
        value = tokens.expect("parameter value")?;
    }
    let is_numbered = name.starts_with(b"key");
    let mut octets = Vec::new();
    parse_value(key, is_numbered, &value, &mut octets)?;
    Ok((key, octets))
}

fn parse_value(
    key: SvcKey,
    is_numbered: bool,
    value: &Token<'_>,
    octets: &mut Vec<u8>,
) -> Result<(), TextError> {
    if is_numbered {
        return value.unescape(octets);
    }
    match key {
        SvcKey::MANDATORY => parse_list(value, |item| {
            let key = SvcKey::from_token(item)?;
            octets.extend_from_slice(&key.0.to_be_bytes());
            Some(())
        })
        .and_then(|()| sort_keys(value, octets)),
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
/// escapes again.
fn parse_strings(value: &Token<'_>, octets: &mut Vec<u8>) -> Result<(), TextError> {
    let mut text = Vec::new();
    value.unescape(&mut text)?;
    let mut bytes = text.into_iter();
    let mut start = octets.len();
    octets.push(0);
    loop {
        let next = bytes.next();
        let byte = match next {
            Some(b',') | None => {
                let len = u8::try_from(octets.len() - start - 1);
                octets[start] = len
                    .ok()
                    .filter(|len| *len > 0)
                    .ok_or_else(|| value.invalid("item is empty or longer than 255 octets"))?;
                if next.is_none() {
                    return Ok(());
                }
                start = octets.len();
                octets.push(0);
                continue;
            }
            Some(b'\\') => bytes
                .next()
                .filter(|byte| matches!(byte, b',' | b'\\'))
                .ok_or_else(|| value.invalid("bad escape in a list"))?,
            Some(plain) => plain,
        };
        octets.push(byte);
    }
}
