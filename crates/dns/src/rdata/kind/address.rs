//! IP addresses.

use core::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use super::Kind;
use crate::{
    error::{BuildError, TextError, WireError},
    text::{Lexer, Printer},
    wire::{Reader, Sink},
};

macro_rules! addresses {
    ($($(#[$doc:meta])* $kind:ident $address:ident $parse:ident $what:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $kind;

        impl Kind for $kind {
            type View<'a> = $address;

            #[inline]
            fn read<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<$address, WireError> {
                reader.array(field).map(|octets: <Self as Octets>::Octets| $address::from(octets))
            }

            fn write(view: $address, sink: &mut impl Sink) -> Result<(), BuildError> {
                sink.put(&view.octets())
            }

            fn print(view: $address, out: &mut Printer<'_>) -> fmt::Result {
                out.show(view)
            }

            #[inline]
            fn parse(
                tokens: &mut Lexer<'_>,
                field: &'static str,
                out: &mut Vec<u8>,
            ) -> Result<(), TextError> {
                let token = tokens.require_word(field)?;
                let octets = tokens.$parse(&token).ok_or_else(|| token.invalid($what))?;
                out.extend_from_slice(&octets);
                Ok(())
            }
        }
    )*};
}

trait Octets {
    type Octets;
}

impl Octets for Ipv4 {
    type Octets = [u8; 4];
}

impl Octets for Ipv6 {
    type Octets = [u8; 16];
}

addresses! {
    /// An IPv4 address.
    Ipv4 Ipv4Addr ipv4 "not an IPv4 address";
    /// An IPv6 address.
    Ipv6 Ipv6Addr ipv6 "not an IPv6 address";
}
