//! LOC: sizes, latitude, longitude and altitude (RFC 1876 section 2).

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    rdata::GeoPlace,
    text::{Lexer, Printer, Token},
    wire::{Reader, Sink},
};

const MIDDLE: i64 = 1 << 31;
const HOUR: i64 = 3_600_000;

/// 1 m, 10 km and 10 m, which text may leave out.
const DEFAULT_SIZES: [u8; 3] = [0x12, 0x16, 0x13];

kind! {
    /// Version 0, sizes, latitude, longitude and altitude.
    Place: GeoPlace;
    read(reader, field) {
        let at = reader.position();
        let [version, sizes @ ..]: [u8; 4] = reader.array(field)?;
        let place = GeoPlace {
            sizes,
            latitude: reader.u32(field)?,
            longitude: reader.u32(field)?,
            altitude: reader.u32(field)?,
        };
        if version != 0 || !sizes.into_iter().all(is_size) {
            return Err(WireError::Invalid { at, what: "version or a size is not valid" });
        }
        let is_within = |angle: u32, limit: i64| (i64::from(angle) - MIDDLE).abs() <= limit * HOUR;
        if !is_within(place.latitude, 90) || !is_within(place.longitude, 180) {
            return Err(WireError::Invalid { at, what: "not a place on the globe" });
        }
        Ok(place)
    }
    write(view, sink) {
        sink.put(&[0])?;
        sink.put(&view.sizes)?;
        sink.put(&view.latitude.to_be_bytes())?;
        sink.put(&view.longitude.to_be_bytes())?;
        sink.put(&view.altitude.to_be_bytes())
    }
    print(view, out) {
        print_angle(view.latitude, ['N', 'S'], out)?;
        print_angle(view.longitude, ['E', 'W'], out)?;
        let altitude = i64::from(view.altitude) - 10_000_000;
        let sign = if altitude < 0 { "-" } else { "" };
        let (metres, cents) = (altitude.unsigned_abs() / 100, altitude.unsigned_abs() % 100);
        out.show(format_args!("{sign}{metres}.{cents:02}m"))?;
        if view.sizes == DEFAULT_SIZES {
            return Ok(());
        }
        view.sizes.iter().try_for_each(|size| {
            let cents = u64::from(size >> 4) * 10_u64.pow(u32::from(size & 15));
            out.show(format_args!("{}.{:02}m", cents / 100, cents % 100))
        })
    }
    parse(tokens, field, bytes) {
        bytes.push(0);
        let sizes_at = bytes.len();
        bytes.extend_from_slice(&DEFAULT_SIZES);
        let latitude = parse_angle(tokens, [b"N", b"S"], 90)?;
        let longitude = parse_angle(tokens, [b"E", b"W"], 180)?;
        let token = tokens.require_word("altitude")?;
        let altitude = u32::try_from(parse_cents(&token)? + 10_000_000);
        let altitude = altitude.map_err(|_| token.invalid("altitude is out of range"))?;
        for number in [latitude, longitude, altitude] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        for size in &mut bytes[sizes_at..sizes_at + 3] {
            let Some(token) = tokens.next()? else {
                break;
            };
            *size = parse_size(&token)?;
        }
        Ok(())
    }
}

/// A size in centimetres is a mantissa and an exponent of ten, a decimal digit each. Zero has one
/// form only, so that text reads back to the same octet.
fn is_size(size: u8) -> bool {
    let (mantissa, exponent) = (size >> 4, size & 15);
    mantissa <= 9 && exponent <= 9 && (mantissa != 0 || exponent == 0)
}

fn print_angle(angle: u32, [plus, minus]: [char; 2], out: &mut Printer<'_>) -> core::fmt::Result {
    let value = i64::from(angle) - MIDDLE;
    let side = if value < 0 { minus } else { plus };
    let value = value.unsigned_abs();
    let (degrees, minutes) = (value / 3_600_000, value / 60_000 % 60);
    let (seconds, millis) = (value / 1000 % 60, value % 1000);
    out.show(format_args!(
        "{degrees} {minutes} {seconds}.{millis:03} {side}"
    ))
}

/// Reads degrees, perhaps minutes, perhaps seconds, and the side of the globe.
fn parse_angle(
    tokens: &mut Lexer<'_>,
    [plus, minus]: [&[u8]; 2],
    limit: i64,
) -> Result<u32, TextError> {
    let first = tokens.require_word("degrees")?;
    let mut value = first.number(limit as u64, "degrees are out of range")? as i64 * HOUR;
    let mut token = tokens.require_word("side of the globe")?;
    if token.text.first().is_some_and(u8::is_ascii_digit) {
        value += token.number(59, "minutes are out of range")? as i64 * 60_000;
        token = tokens.require_word("side of the globe")?;
        if token.text.first().is_some_and(u8::is_ascii_digit) {
            value += parse_decimal(&token, 3)?;
            if parse_decimal(&token, 3)? >= 60_000 {
                return Err(token.invalid("seconds are out of range"));
            }
            token = tokens.require_word("side of the globe")?;
        }
    }
    if value > limit * HOUR {
        return Err(first.invalid("degrees are out of range"));
    }
    let signed = if token.text.eq_ignore_ascii_case(plus) {
        value
    } else if token.text.eq_ignore_ascii_case(minus) {
        -value
    } else {
        return Err(token.invalid("not a side of the globe"));
    };
    Ok((MIDDLE + signed) as u32)
}

/// Reads a number with up to `places` digits behind the point, as a multiple of the last place.
fn parse_decimal(token: &Token<'_>, places: usize) -> Result<i64, TextError> {
    let what = "not a number with few decimals";
    let (whole, part) = match memchr::memchr(b'.', token.text) {
        Some(point) => (&token.text[..point], &token.text[point + 1..]),
        None => (token.text, &[][..]),
    };
    if part.len() > places {
        return Err(token.invalid(what));
    }
    let whole = Token {
        text: whole,
        ..*token
    }
    .number(100_000_000, what)? as i64;
    let scale = |digits: usize| 10_i64.pow(digits as u32);
    let part_value = match part {
        [] => 0,
        _ => Token {
            text: part,
            ..*token
        }
        .number(999, what)? as i64,
    };
    Ok(whole * scale(places) + part_value * scale(places - part.len()))
}

/// Reads metres, with or without an `m`, as centimetres.
fn parse_cents(token: &Token<'_>) -> Result<i64, TextError> {
    let text = token.text.strip_suffix(b"m").unwrap_or(token.text);
    match text {
        [b'-', text @ ..] => Ok(-parse_decimal(&Token { text, ..*token }, 2)?),
        text => parse_decimal(&Token { text, ..*token }, 2),
    }
}

/// Reads metres as mantissa and exponent; further digits are cut off.
fn parse_size(token: &Token<'_>) -> Result<u8, TextError> {
    let mut mantissa = parse_cents(token)?;
    let mut exponent = 0_u8;
    while mantissa > 9 {
        mantissa /= 10;
        exponent += 1;
    }
    if mantissa < 0 || exponent > 9 {
        return Err(token.invalid("size is out of range"));
    }
    Ok((mantissa as u8) << 4 | exponent)
}
