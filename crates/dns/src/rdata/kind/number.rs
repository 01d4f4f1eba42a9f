//! Numbers.

use core::fmt;

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    text::{Lexer, Printer, mnemonic},
    wire::{Reader, Sink},
};

macro_rules! numbers {
    ($($(#[$doc:meta])* $kind:ident $int:ident $read:ident $what:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $kind;

        impl Kind for $kind {
            type View<'a> = $int;

            #[inline]
            fn read<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<$int, WireError> {
                reader.$read(field)
            }

            fn write(view: $int, sink: &mut impl Sink) -> Result<(), BuildError> {
                sink.put(&view.to_be_bytes())
            }

            fn print(view: $int, out: &mut Printer<'_>) -> fmt::Result {
                out.show(view)
            }

            fn parse(
                tokens: &mut Lexer<'_>,
                field: &'static str,
                out: &mut Vec<u8>,
            ) -> Result<(), TextError> {
                let value = tokens.expect(field)?.number($int::MAX.into(), $what)?;
                out.extend_from_slice(&(value as $int).to_be_bytes());
                Ok(())
            }
        }
    )*};
}

numbers! {
    /// An octet.
    U8 u8 u8 "not a number up to 255";
    /// Two octets.
    U16 u16 u16 "not a number up to 65535";
    /// Four octets.
    U32 u32 u32 "not a number up to 4294967295";
}

/// Four octets of seconds, in text perhaps with units.
pub(crate) struct Period;

impl Kind for Period {
    type View<'a> = u32;

    #[inline]
    fn read<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<u32, WireError> {
        reader.u32(field)
    }

    fn write(view: u32, sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.put(&view.to_be_bytes())
    }

    fn print(view: u32, out: &mut Printer<'_>) -> fmt::Result {
        out.show(view)
    }

    fn parse(
        tokens: &mut Lexer<'_>,
        field: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let token = tokens.expect(field)?;
        let seconds = mnemonic::period(token.text).ok_or_else(|| token.invalid("not a time"))?;
        out.extend_from_slice(&seconds.to_be_bytes());
        Ok(())
    }
}

/// A DNSSEC algorithm: in text a number or a mnemonic (RFC 4034 appendix A.1).
pub(crate) struct Algorithm;

const ALGORITHMS: [(&str, u8); 16] = [
    ("RSAMD5", 1),
    ("DH", 2),
    ("DSA", 3),
    ("ECC", 4),
    ("RSASHA1", 5),
    ("DSANSEC3SHA1", 6),
    ("RSASHA1NSEC3SHA1", 7),
    ("RSASHA256", 8),
    ("RSASHA512", 10),
    ("ECCGOST", 12),
    ("ECDSAP256SHA256", 13),
    ("ECDSAP384SHA384", 14),
    ("ED25519", 15),
    ("ED448", 16),
    ("PRIVATEDNS", 253),
    ("PRIVATEOID", 254),
];

impl Kind for Algorithm {
    type View<'a> = u8;

    #[inline]
    fn read<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<u8, WireError> {
        reader.u8(field)
    }

    fn write(view: u8, sink: &mut impl Sink) -> Result<(), BuildError> {
        sink.put(&[view])
    }

    fn print(view: u8, out: &mut Printer<'_>) -> fmt::Result {
        out.show(view)
    }

    fn parse(
        tokens: &mut Lexer<'_>,
        field: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let token = tokens.expect(field)?;
        let is_named = |(name, _): &&(&str, u8)| token.text.eq_ignore_ascii_case(name.as_bytes());
        match ALGORITHMS.iter().find(is_named) {
            Some((_, number)) => out.push(*number),
            None => out.push(token.number(255, "not an algorithm")? as u8),
        }
        Ok(())
    }
}
