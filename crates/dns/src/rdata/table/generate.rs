//! What an entry of the table turns into.

/// The type of a field in a view.
macro_rules! view_type {
    (A6Prefix) => { AddressPart<'a> };
    (Algorithm) => { u8 };
    (Atma) => { &'a [u8] };
    (Base64) => { &'a [u8] };
    (Blob) => { &'a [u8] };
    (BlobRest) => { &'a [u8] };
    (CdsDigest) => { &'a [u8] };
    (CertType) => { u16 };
    (DashBase64) => { &'a [u8] };
    (Degrees) => { &'a [u8] };
    (DsDigest) => { &'a [u8] };
    (Eui48) => { [u8; 6] };
    (Eui64) => { [u8; 8] };
    (FlatName) => { NameRef<'a> };
    (Gateway) => { GatewayView<'a> };
    (Groups) => { u64 };
    (Hash) => { &'a [u8] };
    (Hex) => { &'a [u8] };
    (HipKey) => { HostIdentity<'a> };
    (Ipn) => { u64 };
    (Ipv4) => { Ipv4Addr };
    (Ipv6) => { Ipv6Addr };
    (KeyBase64) => { &'a [u8] };
    (Latitude) => { &'a [u8] };
    (Longitude) => { &'a [u8] };
    (Mac) => { &'a [u8] };
    (Name) => { NameRef<'a> };
    (Names) => { NameList<'a> };
    (Nsap) => { &'a [u8] };
    (OldTypes) => { &'a [u8] };
    (Opaque) => { &'a [u8] };
    (OptStr) => { Option<&'a [u8]> };
    (Other) => { &'a [u8] };
    (Params) => { SvcParams<'a> };
    (Period) => { u32 };
    (Place) => { GeoPlace };
    (Ports) => { &'a [u8] };
    (Prefixes) => { PrefixList<'a> };
    (Protocol) => { u8 };
    (Relay) => { GatewayView<'a> };
    (RelayType) => { u8 };
    (Salt) => { &'a [u8] };
    (Scheme) => { u8 };
    (SshDigest) => { &'a [u8] };
    (Str) => { &'a [u8] };
    (Strs) => { Strings<'a> };
    (Tag) => { &'a [u8] };
    (Target) => { &'a [u8] };
    (Time) => { u32 };
    (TlsData) => { &'a [u8] };
    (Type) => { Rtype };
    (Types) => { TypeSet<'a> };
    (U16) => { u16 };
    (U32) => { u32 };
    (U48) => { u64 };
    (U8) => { u8 };
    (Value) => { &'a [u8] };
    (ZoneDigest) => { ZoneDigest<'a> };
}

/// Turns entries into constants, views, specs and the enum of all views.
macro_rules! record_types {
    ([] {$(
        $(#[doc = $doc:literal])+
        $constant:ident = $number:literal $view:ident $(<$lt:lifetime>)?
            : $flags:tt $($sample:literal)? {
            $($(#[doc = $field_doc:literal])+ $field:ident: $kind:ident,)*
        }
    )*}) => {
        impl Rtype {
            $($(#[doc = $doc])+ pub const $constant: Self = Self($number);)*
        }

        /// The entry of a type.
        #[inline]
        pub(crate) fn spec(rtype: Rtype) -> Option<&'static Spec> {
            match rtype.0 {
                $($number => Some(const { &record_types!(@spec $constant $view $flags {$($field: $kind,)*}) }),)*
                _ => None,
            }
        }

        /// All entries' mnemonics and types.
        pub(crate) const MNEMONICS: &[(&str, Rtype)] = &[
            $((mnemonic_of(stringify!($constant)), Rtype::$constant),)*
        ];

        /// Texts of each type, for documentation and tests.
        #[cfg(test)]
        pub(crate) const SAMPLES: &[(Rtype, &str)] = &[$($((Rtype::$constant, $sample),)?)*];

        $(
            $(#[doc = $doc])+
            ///
            #[doc = concat!(
                "```\nuse eaves_dns::{rdata::Rdata, RdataBuf, Rtype};\n\n",
                "let rdata = RdataBuf::parse(Rtype::", stringify!($constant), ", r#\"",
                record_types!(@sample $($sample)?), "\"#)?;\n",
                "assert!(matches!(rdata.view()?, Rdata::", stringify!($view), "(_)));\n",
                "# Ok::<(), eaves_common::Error>(())\n```")]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub struct $view $(<$lt>)? {
                $($(#[doc = $field_doc])+ pub $field: view_type!($kind),)*
            }

            impl $(<$lt>)? $view $(<$lt>)? {
                /// Reads the fields; the reader ends where the rdata does.
                #[inline]
                #[allow(unused_variables, reason = "a type may have no fields")]
                fn read(reader: &mut record_types!(@reader $($lt)?)) -> Result<Self, WireError> {
                    Ok(Self { $($field: <kind::$kind as Kind>::read(reader, stringify!($field))?,)* })
                }

                /// Writes the fields.
                #[inline]
                #[allow(unused_variables, reason = "a type may have no fields")]
                fn write(&self, sink: &mut impl wire::Sink) -> Result<(), BuildError> {
                    $(record_types!(@write $flags $kind self.$field, sink);)*
                    Ok(())
                }
            }

            impl<'a> From<$view $(<$lt>)?> for Rdata<'a> {
                #[inline]
                fn from(view: $view $(<$lt>)?) -> Self {
                    Self::$view(view)
                }
            }
        )*

        /// The rdata of a record: a typed view, or the octets of a type without one.
        ///
        /// ```
        /// use eaves_dns::{rdata::Rdata, RdataBuf, Rtype};
        ///
        /// let rdata = RdataBuf::parse(Rtype::MX, "10 mail.example.")?;
        /// let Rdata::Mx(mx) = rdata.view()? else { unreachable!() };
        /// assert_eq!(mx.preference, 10);
        /// assert_eq!(mx.exchange.to_string(), "mail.example.");
        /// # Ok::<(), eaves_common::Error>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Rdata<'a> {
            $($(#[doc = $doc])+ $view($view $(<$lt>)?),)*
            /// An address of class CH.
            ChaosA(ChaosA<'a>),
            /// Any other type, or a type whose format is that of another class.
            Unknown(Unknown<'a>),
        }

        impl<'a> Rdata<'a> {
            /// Reads and checks rdata that fills `reader`.
            ///
            /// # Errors
            /// When it is not what its type asks for, or longer.
            #[inline]
            pub fn read(rtype: Rtype, mut reader: Reader<'a>) -> Result<Self, WireError> {
                let view = match rtype.0 {
                    $($number => Self::$view($view::read(&mut reader)?),)*
                    _ => Self::Unknown(Unknown { rtype, octets: reader.rest() }),
                };
                reader.finish()?;
                Ok(view)
            }

            /// Reads and checks rdata of a class that fills `reader`.
            ///
            /// # Errors
            /// When it is not what its type asks for in that class, or longer.
            #[inline]
            pub fn read_in(class: Class, rtype: Rtype, reader: Reader<'a>) -> Result<Self, WireError> {
                Self::read_as(Format::of(class, rtype), rtype, reader)
            }

            #[inline]
            pub(crate) fn read_as(
                format: Format,
                rtype: Rtype,
                mut reader: Reader<'a>,
            ) -> Result<Self, WireError> {
                match format {
                    Format::Usual => Self::read(rtype, reader),
                    Format::Chaos => ChaosA::read(reader).map(Self::ChaosA),
                    Format::Opaque => {
                        Ok(Self::Unknown(Unknown { rtype, octets: reader.rest() }))
                    }
                }
            }

            /// Returns the record type.
            #[must_use]
            pub fn rtype(&self) -> Rtype {
                match self {
                    $(Self::$view(_) => Rtype::$constant,)*
                    Self::ChaosA(_) => Rtype::A,
                    Self::Unknown(unknown) => unknown.rtype,
                }
            }

            /// Writes the rdata, its names compressed where the type and the sink allow it.
            ///
            /// # Errors
            /// When it does not fit, or a field is too long for its length octets.
            #[inline]
            pub fn write(&self, sink: &mut impl wire::Sink) -> Result<(), BuildError> {
                match self {
                    $(Self::$view(view) => view.write(sink),)*
                    Self::ChaosA(view) => view.write(sink),
                    Self::Unknown(unknown) => sink.put(unknown.octets),
                }
            }
        }
    };
    (@spec $constant:ident $view:ident [$($flag:ident)*] {$($field:ident: $kind:ident,)*}) => {
        Spec {
            mnemonic: mnemonic_of(stringify!($constant)),
            fields: &[$((stringify!($field), Field::$kind),)*],
            compress: has(&[$(stringify!($flag)),*], "compress"),
            lowercase: has(&[$(stringify!($flag)),*], "lowercase"),
            internet: has(&[$(stringify!($flag)),*], "internet"),
        }
    };
    (@reader) => { Reader<'_> };
    (@reader $lt:lifetime) => { Reader<$lt> };
    (@sample) => { r"\# 0" };
    (@sample $sample:literal) => { $sample };
    (@write [compress $($flag:ident)*] Name $value:expr, $sink:expr) => {
        $sink.compressed($value)?
    };
    (@write [$($flag:ident)*] $kind:ident $value:expr, $sink:expr) => {
        <kind::$kind as Kind>::write($value, $sink)?
    };
}

pub(super) use {record_types, view_type};
