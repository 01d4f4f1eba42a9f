//! Sets of types and ports as bitmaps.

use super::{
    Kind,
    mnemonic::{parse_type, print_type},
};
use crate::{
    error::{BuildError, TextError, WireError},
    rdata::TypeSet,
    record::Rtype,
    text::{Lexer, Printer},
    wire::{Reader, Sink},
};

kind! {
    /// The types of NSEC, NSEC3 and CSYNC: windows of up to 32 octets (RFC 4034 section 4.1.2).
    Types: TypeSet<'a>;
    read(reader, field) { TypeSet::read(reader, field) }
    write(view, sink) { sink.put(view.as_wire()) }
    has_text(view) { !view.contains(Rtype(0)) }
    print(view, out) {
        let mut types = view.iter();
        types.try_for_each(|rtype| print_type(rtype, out))
    }
    parse(tokens, field, bytes) {
        let start = bytes.len();
        while let Some(token) = tokens.next()? {
            let rtype = parse_type(&token)?;
            if rtype.0 == 0 {
                return Err(token.invalid("type 0 stands for no type"));
            }
            add_type(bytes, start, rtype);
        }
        shorten_windows(bytes, start);
        Ok(())
    }
}

/// A window while types are being added: its number, its length, and all 32 octets of it.
const WINDOW: usize = 34;

/// Sets a type's bit in the windows from `start` on, which are in order: there are at most 256.
fn add_type(bytes: &mut Vec<u8>, start: usize, rtype: Rtype) {
    let [window, low] = rtype.0.to_be_bytes();
    let windows = bytes[start..].chunks_exact(WINDOW);
    let before = windows.take_while(|known| known[0] < window).count();
    let place = start + before * WINDOW;
    if bytes.get(place) != Some(&window) {
        bytes.extend_from_slice(&[0; WINDOW]);
        bytes[place..].rotate_right(WINDOW);
        bytes[place] = window;
    }
    bytes[place + 2 + usize::from(low / 8)] |= 0x80 >> (low % 8);
}

/// Takes the zeros at the end of each window away, and writes down its length.
fn shorten_windows(bytes: &mut Vec<u8>, start: usize) {
    let (mut from, mut to) = (start, start);
    while from < bytes.len() {
        let bits = &bytes[from + 2..from + WINDOW];
        let len = bits
            .iter()
            .rposition(|octet| *octet != 0)
            .map_or(0, |last| last + 1);
        bytes[from + 1] = len as u8;
        bytes.copy_within(from..from + 2 + len, to);
        (from, to) = (from + WINDOW, to + 2 + len);
    }
    bytes.truncate(to);
}

kind! {
    /// The types of NXT: one bitmap of up to 128 bits (RFC 2535 section 5.2). With its first bit
    /// set the format is another, which was never defined.
    OldTypes: &'a [u8];
    read(reader, field) {
        let at = reader.position();
        let bits = reader.rest();
        let is_valid = match bits {
            [] => false,
            [first, ..] if first & 0x80 != 0 => true,
            [.., last] => bits.len() <= 16 && *last != 0,
        };
        if !is_valid {
            return Err(WireError::Invalid { at, what: "bitmap of types is not minimal" });
        }
        Ok(bits)
    }
    write(view, sink) { sink.put(view) }
    has_text(view) { view.first().is_some_and(|first| first & 0x80 == 0) }
    print(view, out) { bits(view).try_for_each(|bit| print_type(Rtype(bit), out)) }
    parse(tokens, field, bytes) {
        let start = bytes.len();
        let at = tokens.position();
        while let Some(token) = tokens.next()? {
            let rtype = parse_type(&token)?;
            if !(1..128).contains(&rtype.0) {
                return Err(token.invalid("only types 1 to 127 can stand here"));
            }
            set_bit(bytes, start, rtype.0);
        }
        if bytes.len() == start {
            return Err(TextError::Missing { at, field });
        }
        Ok(())
    }
}

kind! {
    /// The ports of WKS, one bit each (RFC 1035 section 3.4.2).
    Ports: &'a [u8];
    read(reader, field) {
        let at = reader.position();
        let bits = reader.rest();
        if bits.len() > 8192 {
            return Err(WireError::Invalid { at, what: "more than 65536 ports" });
        }
        Ok(bits)
    }
    write(view, sink) { sink.put(view) }
    has_text(view) { view.last() != Some(&0) }
    print(view, out) { bits(view).try_for_each(|bit| out.show(bit)) }
    parse(tokens, field, bytes) {
        let start = bytes.len();
        while let Some(token) = tokens.next()? {
            let is_named = |(name, _): &&(&str, u16)| token.text == name.as_bytes();
            let port = match SERVICES.iter().find(is_named) {
                Some((_, port)) => *port,
                None => token.number(65_535, "neither a port nor a known service")? as u16,
            };
            set_bit(bytes, start, port);
        }
        Ok(())
    }
}

/// Services that old zones name; others stand as numbers.
const SERVICES: &[(&str, u16)] = &[
    ("ftp", 21),
    ("ssh", 22),
    ("telnet", 23),
    ("smtp", 25),
    ("time", 37),
    ("domain", 53),
    ("finger", 79),
    ("http", 80),
    ("pop3", 110),
    ("sunrpc", 111),
    ("nntp", 119),
    ("ntp", 123),
    ("imap2", 143),
    ("https", 443),
];

fn bits(octets: &[u8]) -> impl Iterator<Item = u16> {
    let all = octets.iter().enumerate();
    all.flat_map(|(place, octet)| {
        let set = (0..8_u16).filter(move |bit| octet & (0x80 >> bit) != 0);
        set.map(move |bit| (place * 8) as u16 + bit)
    })
}

fn set_bit(bytes: &mut Vec<u8>, start: usize, bit: u16) {
    let place = start + usize::from(bit / 8);
    if bytes.len() <= place {
        bytes.resize(place + 1, 0);
    }
    bytes[place] |= 0x80 >> (bit % 8);
}
