//! The kinds of fields that rdata is made of: each reads, writes, prints and parses itself.

mod address;
mod binary;
mod name;
mod number;
mod string;

use core::fmt;

pub(crate) use address::{Ipv4, Ipv6};
pub(crate) use binary::{Base64, Hex, Opaque};
pub(crate) use name::{FlatName, Name};
pub(crate) use number::{Algorithm, Period, U8, U16, U32};
pub(crate) use string::{Str, Strs, Tag, Value};

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

    /// Prints the field, if it has any text.
    fn print(view: Self::View<'_>, out: &mut Printer<'_>) -> fmt::Result;

    /// Parses the field from text and appends it.
    fn parse(
        tokens: &mut Lexer<'_>,
        field: &'static str,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError>;
}
