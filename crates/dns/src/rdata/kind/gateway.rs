//! Gateways and relays: nothing, an address or a name, by a type that stands before.

use super::{FlatName, Ipv4, Ipv6, Kind};
use crate::{
    error::{BuildError, TextError, WireError},
    rdata::GatewayView,
    text::{Lexer, Printer},
    wire::{Reader, Sink},
};

/// Reads a gateway of a type that stands before it.
fn read_gateway<'a>(
    reader: &mut Reader<'a>,
    how: Option<u8>,
    field: &'static str,
) -> Result<GatewayView<'a>, WireError> {
    let at = reader.position();
    match how {
        Some(0) => Ok(GatewayView::None),
        Some(1) => Ipv4::read(reader, field).map(GatewayView::Ipv4),
        Some(2) => Ipv6::read(reader, field).map(GatewayView::Ipv6),
        Some(3) => FlatName::read(reader, field).map(GatewayView::Name),
        _ => Err(WireError::Invalid {
            at,
            what: "gateway of an unknown type",
        }),
    }
}

fn write_gateway(view: GatewayView<'_>, sink: &mut impl Sink) -> Result<(), BuildError> {
    match view {
        GatewayView::None => Ok(()),
        GatewayView::Ipv4(address) => Ipv4::write(address, sink),
        GatewayView::Ipv6(address) => Ipv6::write(address, sink),
        GatewayView::Name(name) => FlatName::write(name, sink),
    }
}

fn print_gateway(view: GatewayView<'_>, out: &mut Printer<'_>) -> core::fmt::Result {
    match view {
        GatewayView::None => out.show('.'),
        GatewayView::Ipv4(address) => out.show(address),
        GatewayView::Ipv6(address) => out.show(address),
        GatewayView::Name(name) => out.show(name),
    }
}

fn parse_gateway(
    tokens: &mut Lexer<'_>,
    how: Option<u8>,
    field: &'static str,
    bytes: &mut Vec<u8>,
) -> Result<(), TextError> {
    match how {
        Some(0) => {
            let token = tokens.require_word(field)?;
            if token.text == b"." {
                Ok(())
            } else {
                Err(token.invalid("no gateway is a dot"))
            }
        }
        Some(1) => Ipv4::parse(tokens, field, bytes),
        Some(2) => Ipv6::parse(tokens, field, bytes),
        Some(3) => FlatName::parse(tokens, field, bytes),
        _ => Err(TextError::invalid(
            tokens.position(),
            "gateway of an unknown type",
        )),
    }
}

kind! {
    /// IPSECKEY's gateway; its type stands two octets before (RFC 4025 section 2.1).
    Gateway: GatewayView<'a>;
    read(reader, field) {
        let how = reader.before(2);
        read_gateway(reader, how, field)
    }
    write(view, sink) { write_gateway(view, sink) }
    print(view, out) { print_gateway(view, out) }
    parse(tokens, field, bytes) {
        let how = bytes.len().checked_sub(2).and_then(|at| bytes.get(at).copied());
        parse_gateway(tokens, how, field, bytes)
    }
}

kind! {
    /// AMTRELAY's discovery bit and relay type (RFC 8777 section 4.2).
    RelayType: u8;
    read(reader, field) { reader.u8(field) }
    write(view, sink) { sink.put(&[view]) }
    print(view, out) {
        out.show(view >> 7)?;
        out.show(view & 0x7f)
    }
    parse(tokens, field, bytes) {
        let discovery = tokens.require_word("discovery bit")?.number(1, "neither 0 nor 1")? as u8;
        let how = tokens.require_word(field)?.number(127, "not a number up to 127")? as u8;
        bytes.push(discovery << 7 | how);
        Ok(())
    }
}

kind! {
    /// AMTRELAY's relay; its type stands right before.
    Relay: GatewayView<'a>;
    read(reader, field) {
        let how = reader.previous().map(|octet| octet & 0x7f);
        read_gateway(reader, how, field)
    }
    write(view, sink) { write_gateway(view, sink) }
    print(view, out) { print_gateway(view, out) }
    parse(tokens, field, bytes) {
        let how = bytes.last().map(|octet| octet & 0x7f);
        parse_gateway(tokens, how, field, bytes)
    }
}
