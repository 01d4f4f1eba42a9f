//! Hexadecimal and base64, read from as many tokens as they are spread over.

use core::fmt::{self, Write};

use crate::{
    error::TextError,
    text::{Lexer, Token},
};

/// Reads hexadecimal digits to the end of the entry; pairs may be split over tokens.
pub(crate) fn hex_rest(
    tokens: &mut Lexer<'_>,
    field: &'static str,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let mut token = tokens.require(field)?;
    let at = token.at;
    let mut high = None;
    loop {
        high = append_hex(token.text, high, out).ok_or_else(|| token.invalid("not hexadecimal"))?;
        match tokens.next()? {
            Some(next) => token = next,
            None => break,
        }
    }
    match high {
        None => Ok(()),
        Some(_) => Err(TextError::invalid(at, "odd number of hexadecimal digits")),
    }
}

/// Reads one token of hexadecimal digits.
pub(crate) fn hex(token: &Token<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    match append_hex(token.text, None, out) {
        Some(None) => Ok(()),
        Some(Some(_)) => Err(token.invalid("odd number of hexadecimal digits")),
        None => Err(token.invalid("not hexadecimal")),
    }
}

/// Appends what the digits behind `high` stand for, and returns the digit left over; `None` at
/// what is no digit.
#[inline]
#[allow(
    clippy::option_option,
    reason = "no digit is left over, or none was one"
)]
pub(crate) fn append_hex(
    text: &[u8],
    mut high: Option<u8>,
    out: &mut Vec<u8>,
) -> Option<Option<u8>> {
    let mut rest = text;
    if high.is_none() {
        while let Some((block, behind)) = rest.split_first_chunk() {
            out.extend_from_slice(&hex_block(block)?);
            rest = behind;
        }
    }
    for byte in rest {
        let digit = hex_digit(*byte)?;
        match high.take() {
            Some(high) => out.push(high << 4 | digit),
            None => high = Some(digit),
        }
    }
    Some(high)
}

/// Reads sixteen digits at once.
#[inline]
fn hex_block(block: &[u8; 16]) -> Option<[u8; 8]> {
    let digits = block.map(|byte| {
        let (digit, letter) = (byte.wrapping_sub(b'0'), (byte | 0x20).wrapping_sub(b'a'));
        let letter = if letter < 6 { letter + 10 } else { 255 };
        if digit < 10 { digit } else { letter }
    });
    if digits.iter().fold(0, |all, digit| all | digit) > 15 {
        return None;
    }
    let mut octets = [0; 8];
    for (octet, [high, low]) in octets.iter_mut().zip(digits.as_chunks().0) {
        *octet = high << 4 | low;
    }
    Some(octets)
}

/// Reads one token of base64.
pub(crate) fn base64(token: &Token<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let mut decoder = Base64::default();
    let read = decoder.append(token.text, out);
    read.and_then(|()| decoder.finish())
        .ok_or_else(|| token.invalid("not base64"))
}

/// Reads one token of base32 with extended hex alphabet (RFC 4648 section 7), unpadded.
pub(crate) fn base32(token: &Token<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let bad = || token.invalid("not base32 with extended hex alphabet");
    let (mut bits, mut count) = (0_u32, 0);
    for byte in token.text {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'v' => byte - b'a' + 10,
            b'A'..=b'V' => byte - b'A' + 10,
            _ => return Err(bad()),
        };
        bits = (bits << 5 | u32::from(digit)) & 0xfff;
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    // What is left over is less than a digit, and zero.
    if token.text.is_empty() || count >= 5 || bits & ((1 << count) - 1) != 0 {
        return Err(bad());
    }
    Ok(())
}

/// Writes unpadded base32 with extended hex alphabet.
pub(crate) fn write_base32(bytes: &[u8], out: &mut dyn Write) -> fmt::Result {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let (mut bits, mut count) = (0_u32, 0);
    for byte in bytes {
        bits = (bits << 8 | u32::from(*byte)) & 0xfff;
        count += 8;
        while count >= 5 {
            count -= 5;
            out.write_char(char::from(DIGITS[(bits >> count & 31) as usize]))?;
        }
    }
    if count > 0 {
        out.write_char(char::from(DIGITS[(bits << (5 - count) & 31) as usize]))?;
    }
    Ok(())
}

pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Reads base64 (RFC 4648 section 4, padded) to the end of the entry.
pub(crate) fn base64_rest(
    tokens: &mut Lexer<'_>,
    field: &'static str,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let mut decoder = Base64::default();
    let mut token = tokens.require(field)?;
    let at = token.at;
    loop {
        decoder
            .append(token.text, out)
            .ok_or_else(|| token.invalid("not base64"))?;
        match tokens.next()? {
            Some(next) => token = next,
            None => break,
        }
    }
    decoder
        .finish()
        .ok_or_else(|| TextError::invalid(at, "base64 is cut off"))
}

#[derive(Default)]
struct Base64 {
    bits: u32,
    digits: u8,
    padding: u8,
}

impl Base64 {
    /// Takes digits and padding.
    #[inline]
    fn append(&mut self, text: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let mut rest = text;
        while let Some((byte, behind)) = rest.split_first() {
            if self.digits == 0
                && self.padding == 0
                && let Some((block, behind)) = rest.split_first_chunk()
                && let Some(octets) = base64_block(block)
            {
                out.extend_from_slice(&octets);
                rest = behind;
                continue;
            }
            self.push(*byte, out)?;
            rest = behind;
        }
        Some(())
    }

    #[inline]
    fn push(&mut self, byte: u8, out: &mut Vec<u8>) -> Option<()> {
        if byte == b'=' {
            self.padding += 1;
            let is_due = self.digits >= 2 && self.digits + self.padding <= 4;
            return is_due.then_some(());
        }
        let digit = BASE64[usize::from(byte)];
        if digit > 63 || self.padding > 0 {
            return None;
        }
        self.bits = self.bits << 6 | u32::from(digit);
        self.digits += 1;
        match self.digits {
            2 => out.push((self.bits >> 4) as u8),
            3 => out.push((self.bits >> 2) as u8),
            4 => {
                out.push(self.bits as u8);
                self.digits = 0;
            }
            _ => {}
        }
        Some(())
    }

    fn finish(self) -> Option<()> {
        let is_whole = self.digits == 0 || self.digits + self.padding == 4;
        is_whole.then_some(())
    }
}

/// Reads eight digits at once; `None` if one is padding or no digit.
#[inline]
fn base64_block(block: &[u8; 8]) -> Option<[u8; 6]> {
    let digits = block.map(|byte| BASE64[usize::from(byte)]);
    if digits.iter().fold(0, |all, digit| all | digit) > 63 {
        return None;
    }
    let bits = digits
        .iter()
        .fold(0_u64, |bits, digit| bits << 6 | u64::from(*digit));
    let [_, _, octets @ ..] = bits.to_be_bytes();
    Some(octets)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static BASE64: [u8; 256] = {
    let mut digits = [255; 256];
    let mut value = 0;
    while value < 64 {
        digits[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

/// Writes padded base64.
pub(crate) fn write_base64(bytes: &[u8], out: &mut dyn Write) -> fmt::Result {
    for chunk in bytes.chunks(3) {
        let mut padded = [0; 4];
        padded[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(padded);
        for place in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize];
            let shown = if place > chunk.len() { b'=' } else { digit };
            out.write_char(char::from(shown))?;
        }
    }
    Ok(())
}
