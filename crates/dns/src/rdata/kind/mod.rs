//! The kinds of fields that rdata is made of: each reads, writes, prints and parses itself.

#[macro_use]
mod define;
mod a6;
mod address;
mod apl;
mod binary;
mod bitmap;
mod blob;
mod digest;
mod gateway;
mod group;
mod hip;
mod legacy;
mod loc;
mod mnemonic;
mod name;
mod number;
mod params;
mod string;
mod time;

use core::fmt;

pub(crate) use a6::A6Prefix;
pub(crate) use address::{Ipv4, Ipv6};
pub(crate) use apl::Prefixes;
pub(crate) use binary::{Base64, DashBase64, Hex, KeyBase64, Opaque};
pub(crate) use bitmap::{OldTypes, Ports, Types};
pub(crate) use blob::{Blob, BlobRest, Hash, Mac, Other, Salt};
pub(crate) use digest::{CdsDigest, DsDigest, SshDigest, TlsData, ZoneDigest};
pub(crate) use gateway::{Gateway, Relay, RelayType};
pub(crate) use group::{Eui48, Eui64, Groups, Ipn};
pub(crate) use hip::{HipKey, Names};
pub(crate) use legacy::{Atma, Degrees, Latitude, Longitude, Nsap, OptStr};
pub(crate) use loc::Place;
pub(crate) use mnemonic::{Algorithm, CertType, Protocol, Scheme, Type};
pub(crate) use name::{FlatName, Name};
pub(crate) use number::{Octal, Period, U8, U16, U32, U48};
pub(crate) use params::Params;
pub(crate) use string::{Str, Strs, Tag, Target, Value};
pub(crate) use time::Time;

use crate::{
    error::{BuildError, TextError, WireError},
    text::{Lexer, Printer},
    wire::{Reader, Sink},
};

/// What one kind of field can do.
pub(crate) trait Kind {
    /// The field as users see it.
    type View<'a>: Copy;

    /// Reads and checks the field; a kind that takes all that is left stands last.
    fn read<'a>(reader: &mut Reader<'a>, field: &'static str) -> Result<Self::View<'a>, WireError>;

    /// Appends the field as it stands in a message.
    fn write(view: Self::View<'_>, sink: &mut impl Sink) -> Result<(), BuildError>;

    /// Says whether the field has a text that reads back to the same octets; rdata with one that has
    /// none is printed in the `\\#` form.
    fn has_text(_: Self::View<'_>) -> bool {
        true
    }

    /// Prints the field.
    fn print(view: Self::View<'_>, out: &mut Printer<'_>) -> fmt::Result;

    /// Parses the field from text and appends it.
    fn parse(
        tokens: &mut Lexer<'_>,
        field: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError>;
}
