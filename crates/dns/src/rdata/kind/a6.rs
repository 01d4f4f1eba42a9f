//! A6: an address in parts (RFC 2874 section 3.1).

use core::net::Ipv6Addr;

use super::{Kind, name::parse_name};
use crate::{
    error::{BuildError, TextError, WireError},
    rdata::AddressPart,
    text::{Lexer, Printer},
    wire::{Reader, Sink},
};

kind! {
    /// How many leading bits come from elsewhere, the bits behind them, and the name where the
    /// others are found unless there are none.
    A6Prefix: AddressPart<'a>;
    read(reader, field) {
        let at = reader.position();
        let bits = reader.u8(field)?;
        let Some(octets) = suffix_len(bits) else {
            return Err(WireError::Invalid { at, what: "prefix of more than 128 bits" });
        };
        let suffix = reader.bytes(octets, field)?;
        let padding = bits % 8;
        if padding != 0 && suffix.first().is_some_and(|first| first >> (8 - padding) != 0) {
            return Err(WireError::Invalid { at, what: "bits of the prefix are set" });
        }
        let name = match bits {
            0 => None,
            _ => Some(reader.flat_name()?),
        };
        Ok(AddressPart { prefix: bits, suffix, name })
    }
    write(view, sink) {
        sink.put(&[view.prefix])?;
        sink.put(view.suffix)?;
        view.name.map_or(Ok(()), |name| sink.name(name))
    }
    print(view, out) {
        out.show(view.prefix)?;
        if view.prefix < 128 {
            let mut octets = [0; 16];
            let start = 16 - view.suffix.len().min(16);
            octets[start..].copy_from_slice(&view.suffix[..16 - start]);
            out.show(Ipv6Addr::from(octets))?;
        }
        view.name.map_or(Ok(()), |name| out.show(name))
    }
    parse(tokens, field, bytes) {
        let bits = tokens.require_word(field)?.number(128, "not a number up to 128")? as u8;
        bytes.push(bits);
        if bits < 128 {
            let token = tokens.require_word("suffix")?;
            let text = core::str::from_utf8(token.text).ok();
            let address = text.and_then(|text| text.parse::<Ipv6Addr>().ok());
            let octets = address.ok_or_else(|| token.invalid("not an IPv6 address"))?.octets();
            let start = usize::from(bits / 8);
            let mask = 0xff_u8 >> (bits % 8);
            if octets[..start].iter().any(|octet| *octet != 0) || octets[start] & !mask != 0 {
                return Err(token.invalid("bits of the prefix are set"));
            }
            bytes.extend_from_slice(&octets[start..]);
        }
        if bits > 0 { parse_name(tokens, bytes) } else { Ok(()) }
    }
}

fn suffix_len(bits: u8) -> Option<usize> {
    128_u8
        .checked_sub(bits)
        .map(|left| usize::from(left).div_ceil(8))
}
