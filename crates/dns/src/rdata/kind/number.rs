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
