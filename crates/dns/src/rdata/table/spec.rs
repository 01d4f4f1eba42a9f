//! A record type as data.

use core::fmt;

use crate::{
    error::{TextError, WireError},
    rdata::kind::{self, Kind},
    text::{Lexer, Printer},
    wire::Reader,
};

/// What the interpreter knows of a record type.
#[derive(Debug)]
pub(crate) struct Spec {
    pub(crate) mnemonic: &'static str,
    pub(crate) fields: &'static [(&'static str, Field)],
    /// Names are compressed when written (RFC 3597 section 4).
    pub(crate) compress: bool,
    /// Names are lower-cased in canonical form (RFC 4034 section 6.2, RFC 6840 section 5.1).
    pub(crate) lowercase: bool,
    /// The format is that of class IN; in other classes the octets mean nothing known.
    pub(crate) internet: bool,
}

macro_rules! fields {
    ($($kind:ident)*) => {
        /// The kind of a field, as data.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Field {
            $($kind,)*
        }

        impl Field {
            /// Moves over the field if it is valid.
            #[inline]
            pub(crate) fn check(
                self,
                reader: &mut Reader<'_>,
                field: &'static str,
            ) -> Result<(), WireError> {
                match self {
                    $(Self::$kind => kind::$kind::read(reader, field).map(drop),)*
                }
            }

            /// Says whether the field has a text, and moves over it.
            pub(crate) fn has_text(self, reader: &mut Reader<'_>, field: &'static str) -> bool {
                match self {
                    $(Self::$kind => kind::$kind::read(reader, field)
                        .is_ok_and(kind::$kind::has_text),)*
                }
            }

            /// Prints the field.
            pub(crate) fn print(
                self,
                reader: &mut Reader<'_>,
                field: &'static str,
                out: &mut Printer<'_>,
            ) -> fmt::Result {
                match self {
                    $(Self::$kind => {
                        let view = kind::$kind::read(reader, field).map_err(|_| fmt::Error)?;
                        kind::$kind::print(view, out)
                    })*
                }
            }

            /// Parses the field and appends it.
            #[inline]
            pub(crate) fn parse(
                self,
                tokens: &mut Lexer<'_>,
                field: &'static str,
                out: &mut Vec<u8>,
            ) -> Result<(), TextError> {
                match self {
                    $(Self::$kind => kind::$kind::parse(tokens, field, out),)*
                }
            }
        }
    };
}

fields! {
    A6Prefix Algorithm Atma Base64 Blob BlobRest CdsDigest CertType DashBase64 Degrees DsDigest Eui48 Eui64 FlatName Gateway Groups Hash Hex HipKey Ipn Ipv4 Ipv6 KeyBase64 Latitude Longitude Mac Name Names Nsap Octal OldTypes Opaque OptStr Other Params Period Place Ports Prefixes Protocol Relay RelayType Salt Scheme SshDigest Str Strs Tag Target Time TlsData Type Types U16 U32 U48 U8 Value ZoneDigest
}

impl Field {
    pub(crate) fn is_name(self) -> bool {
        matches!(self, Self::Name | Self::FlatName)
    }
}
