//! Hexadecimal and base64, read from as many tokens as they are spread over.

use core::fmt::{self, Write};

use crate::{error::TextError, text::Lexer};

/// Reads hexadecimal digits to the end of the entry; pairs may be split over tokens.
pub(crate) fn hex_rest(tokens: &mut Lexer<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let mut high = None;
    let mut at = tokens.position();
    while let Some(token) = tokens.next()? {
        at = token.at;
        for byte in token.text {
            let digit = hex_digit(*byte).ok_or_else(|| token.invalid("not hexadecimal"))?;
            match high.take() {
                Some(high) => out.push(high << 4 | digit),
                None => high = Some(digit),
            }
        }
    }
    match high {
        None => Ok(()),
        Some(_) => Err(TextError::invalid(at, "odd number of hexadecimal digits")),
    }
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
pub(crate) fn base64_rest(tokens: &mut Lexer<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let mut decoder = Base64::default();
    let mut at = tokens.position();
    while let Some(token) = tokens.next()? {
        at = token.at;
        for byte in token.text {
            decoder
                .push(*byte, out)
                .ok_or_else(|| token.invalid("not base64"))?;
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
