//! Presentation format of names (RFC 1035 section 5.1, RFC 4343 section 2.1).

use core::fmt;

use crate::{
    error::NameError,
    name::{Labels, Name},
};

/// Writes labels with a dot behind each; the root is a dot.
pub(crate) fn write_name(labels: Labels<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use fmt::Write;

    let mut is_root = true;
    for label in labels {
        is_root = false;
        for &byte in label {
            write_label_byte(byte, f)?;
        }
        f.write_char('.')?;
    }
    if is_root { f.write_char('.') } else { Ok(()) }
}

/// Writes an octet of a label, escaped where it would mean something else.
pub(crate) fn write_label_byte(byte: u8, out: &mut dyn fmt::Write) -> fmt::Result {
    match byte {
        b'"' | b'$' | b'(' | b')' | b'.' | b';' | b'@' | b'\\' => {
            out.write_char('\\')?;
            out.write_char(char::from(byte))
        }
        0x21..=0x7e => out.write_char(char::from(byte)),
        _ => write!(out, "\\{byte:03}"),
    }
}

/// Reads a name into `wire` and returns its length.
pub(crate) fn parse_name(
    text: &[u8],
    origin: Option<&Name>,
    wire: &mut [u8; 255],
) -> Result<usize, NameError> {
    match text {
        b"@" => return append_origin(0, origin, wire),
        b"." => {
            wire[0] = 0;
            return Ok(1);
        }
        _ => {}
    }
    let mut rest = text;
    let mut start = 0;
    loop {
        let (len, dot) = parse_label(&mut rest, wire, start)?;
        wire[start] = len as u8;
        start += 1 + len;
        if !dot {
            return append_origin(start, origin, wire);
        }
        if rest.is_empty() {
            *wire.get_mut(start).ok_or(NameError::NameTooLong)? = 0;
            return Ok(start + 1);
        }
    }
}

/// Reads a label to behind `wire[start]`; says how long it is and whether a dot ended it.
fn parse_label(
    text: &mut &[u8],
    wire: &mut [u8; 255],
    start: usize,
) -> Result<(usize, bool), NameError> {
    let mut len = 0;
    loop {
        let Some((&first, behind)) = text.split_first() else {
            return if len == 0 {
                Err(NameError::EmptyLabel)
            } else {
                Ok((len, false))
            };
        };
        *text = behind;
        let byte = match first {
            b'.' if len == 0 => return Err(NameError::EmptyLabel),
            b'.' => return Ok((len, true)),
            b'\\' => unescape(text).ok_or(NameError::Escape)?,
            plain => plain,
        };
        len += 1;
        if len > 63 {
            return Err(NameError::LabelTooLong);
        }
        *wire.get_mut(start + len).ok_or(NameError::NameTooLong)? = byte;
    }
}

/// Reads what follows a backslash: `DDD` up to 255, or any other character.
pub(crate) fn unescape(text: &mut &[u8]) -> Option<u8> {
    let (&first, behind) = text.split_first()?;
    if !first.is_ascii_digit() {
        *text = behind;
        return Some(first);
    }
    let digits = text.first_chunk::<3>()?;
    let mut value = 0_u16;
    for digit in digits {
        value = value * 10 + u16::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
    }
    *text = &text[3..];
    u8::try_from(value).ok()
}

fn append_origin(
    start: usize,
    origin: Option<&Name>,
    wire: &mut [u8; 255],
) -> Result<usize, NameError> {
    let origin = origin.ok_or(NameError::NoOrigin)?.as_wire();
    let end = start + origin.len();
    let room = wire.get_mut(start..end).ok_or(NameError::NameTooLong)?;
    room.copy_from_slice(origin);
    Ok(end)
}
