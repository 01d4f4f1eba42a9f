//! Numbers that have names in text.

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    record::Rtype,
    text::{Lexer, Printer, Token},
    wire::{Reader, Sink},
};

/// Reads a number or one of `names`.
fn parse_named(
    tokens: &mut Lexer<'_>,
    field: &'static str,
    names: &[(&str, u16)],
    max: u16,
) -> Result<u64, TextError> {
    let token = tokens.require_word(field)?;
    if token.text.first().is_some_and(u8::is_ascii_digit) {
        return token.number(max.into(), "neither a number nor a known name");
    }
    let is_named = |(name, _): &&(&str, u16)| token.text.eq_ignore_ascii_case(name.as_bytes());
    match names.iter().find(is_named) {
        Some((_, number)) => Ok((*number).into()),
        None => token.number(max.into(), "neither a number nor a known name"),
    }
}

macro_rules! named {
    ($($(#[$doc:meta])+ $kind:ident $int:ident $names:ident;)*) => {$(
        kind! {
            $(#[$doc])+
            $kind: $int;
            read(reader, field) { reader.$int(field) }
            write(view, sink) { sink.put(&view.to_be_bytes()) }
            print(view, out) { out.show(view) }
            parse(tokens, field, bytes) {
                let value = parse_named(tokens, field, $names, $int::MAX.into())?;
                bytes.extend_from_slice(&(value as $int).to_be_bytes());
                Ok(())
            }
        }
    )*};
}

named! {
    /// A DNSSEC algorithm (RFC 4034 appendix A.1).
    Algorithm u8 ALGORITHMS;
    /// A kind of certificate (RFC 4398 section 2.1).
    CertType u16 CERTIFICATES;
    /// An IP protocol.
    Protocol u8 PROTOCOLS;
    /// How a notification is sent (RFC 9859).
    Scheme u8 SCHEMES;
}

const ALGORITHMS: &[(&str, u16)] = &[
    ("RSAMD5", 1),
    ("DH", 2),
    ("DSA", 3),
    ("ECC", 4),
    ("RSASHA1", 5),
    ("DSANSEC3SHA1", 6),
    ("DSA-NSEC3-SHA1", 6),
    ("RSASHA1NSEC3SHA1", 7),
    ("RSASHA1-NSEC3-SHA1", 7),
    ("NSEC3RSASHA1", 7),
    ("RSASHA256", 8),
    ("RSASHA512", 10),
    ("ECCGOST", 12),
    ("ECC-GOST", 12),
    ("ECDSAP256SHA256", 13),
    ("ECDSAP384SHA384", 14),
    ("ED25519", 15),
    ("ED448", 16),
    ("SM2SM3", 17),
    ("MLDSA44", 18),
    ("ECC-GOST12", 23),
    ("INDIRECT", 252),
    ("PRIVATEDNS", 253),
    ("PRIVATEOID", 254),
];

const CERTIFICATES: &[(&str, u16)] = &[
    ("PKIX", 1),
    ("SPKI", 2),
    ("PGP", 3),
    ("IPKIX", 4),
    ("ISPKI", 5),
    ("IPGP", 6),
    ("ACPKIX", 7),
    ("IACPKIX", 8),
    ("URI", 253),
    ("OID", 254),
];

const PROTOCOLS: &[(&str, u16)] = &[("icmp", 1), ("tcp", 6), ("udp", 17)];

const SCHEMES: &[(&str, u16)] = &[("NOTIFY", 1)];

kind! {
    /// A record type.
    Type: Rtype;
    read(reader, field) { reader.u16(field).map(Rtype) }
    write(view, sink) { sink.put(&view.0.to_be_bytes()) }
    print(view, out) { print_type(view, out) }
    parse(tokens, field, bytes) {
        let rtype = parse_type(&tokens.require_word(field)?)?;
        bytes.extend_from_slice(&rtype.0.to_be_bytes());
        Ok(())
    }
}

/// Types whose mnemonics few programs know are printed as `TYPEnnn`, which all read.
pub(super) fn print_type(rtype: Rtype, out: &mut Printer<'_>) -> core::fmt::Result {
    match rtype.0 {
        31 | 32 | 34 | 40 | 57 | 58 | 100..=102 | 259 | 263 | 264 => {
            out.show(format_args!("TYPE{}", rtype.0))
        }
        _ => out.show(rtype),
    }
}

pub(super) fn parse_type(token: &Token<'_>) -> Result<Rtype, TextError> {
    Rtype::from_token(token.text).ok_or_else(|| token.invalid("unknown record type"))
}
