//! DNS over HTTPS and QUIC: what becomes of a message there.

use core::fmt::Write as _;

use crate::error::WireError;

/// The media type of messages (RFC 8484 section 6).
pub const MEDIA_TYPE: &str = "application/dns-message";

/// Reads the `dns` variable of a GET: base64url without padding (RFC 8484 section 4.1).
///
/// # Errors
/// When it is not base64url, or longer than a message can be.
///
/// ```
/// use eaves_dns::frame::{from_get, to_get};
///
/// assert_eq!(from_get(&to_get(b"\xff\xfe\x00")).unwrap(), b"\xff\xfe\x00");
/// ```
pub fn from_get(text: &str) -> Result<Vec<u8>, WireError> {
    let bad = |at| WireError::Invalid {
        at,
        what: "not base64url of a message",
    };
    // 65535 octets are 87380 digits.
    if text.len() > 87_380 {
        return Err(bad(87_380));
    }
    let mut message = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for (at, byte) in text.bytes().enumerate() {
        let digit = digit_of(byte).ok_or_else(|| bad(at))?;
        bits = (bits << 6 | digit) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            message.push((bits >> count) as u8);
        }
    }
    // What is left over is less than a digit, and zero.
    if count >= 6 || bits & ((1 << count) - 1) != 0 {
        return Err(bad(text.len()));
    }
    Ok(message)
}

fn digit_of(byte: u8) -> Option<u32> {
    let digit = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    };
    Some(digit.into())
}

/// Writes the `dns` variable of a GET. Its identifier should be 0, so that answers can be cached
/// (RFC 8484 section 4.1).
#[must_use]
pub fn to_get(message: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(message.len().div_ceil(3) * 4);
    for chunk in message.chunks(3) {
        let mut octets = [0; 4];
        octets[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(octets);
        for place in 0..=chunk.len() {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            let written = text.write_char(char::from(digit));
            debug_assert!(written.is_ok(), "strings take all text");
        }
    }
    text
}

/// Checks a message that came over QUIC: its identifier must be 0 (RFC 9250 section 4.2.1).
///
/// # Errors
/// When it is not, which closes the connection with `DOQ_PROTOCOL_ERROR`.
///
/// ```
/// assert!(eaves_dns::frame::check_quic(b"\0\0\x01\0").is_ok());
/// assert!(eaves_dns::frame::check_quic(b"\0\x07\x01\0").is_err());
/// ```
pub fn check_quic(message: &[u8]) -> Result<(), WireError> {
    match message {
        [0, 0, ..] => Ok(()),
        _ => Err(WireError::Invalid {
            at: 0,
            what: "identifier over QUIC is not 0",
        }),
    }
}
