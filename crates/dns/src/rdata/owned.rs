//! Owned rdata.

use core::fmt;

use crate::{
    error::{BuildError, TextError, WireError},
    name::Name,
    rdata::{Format, Rdata, codec},
    record::{Class, Rtype},
    text::Lexer,
    wire::Reader,
};

/// Owned rdata: a type and a checked, uncompressed wire form. Its format is that of class IN unless
/// it was made for another class.
///
/// ```
/// use eaves_dns::{RdataBuf, Rtype, rdata::A};
///
/// let parsed = RdataBuf::parse(Rtype::A, "192.0.2.1")?;
/// let made = RdataBuf::new(&A { address: [192, 0, 2, 1].into() }.into())?;
/// assert_eq!(parsed, made);
/// assert_eq!(made.to_string(), "192.0.2.1");
/// assert_eq!(made.to_generic(), r"\# 4 c0000201");
/// # Ok::<(), eaves_common::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RdataBuf {
    rtype: Rtype,
    format: Format,
    wire: Box<[u8]>,
}

impl RdataBuf {
    /// Copies a view; names are expanded.
    ///
    /// # Errors
    /// When a field is too long for its length octets, or not what the type asks for.
    pub fn new(view: &Rdata<'_>) -> Result<Self, BuildError> {
        let mut wire = Vec::new();
        view.write(&mut wire)?;
        if wire.len() > usize::from(u16::MAX) {
            return Err(BuildError::TooLong);
        }
        let class = match view {
            Rdata::ChaosA(_) => Class::CH,
            _ => Class::IN,
        };
        Self::from_wire_in(class, view.rtype(), &wire).map_err(BuildError::Rdata)
    }

    /// Takes an uncompressed wire form.
    ///
    /// # Errors
    /// When it is not what the type asks for, is longer than 65535 octets or holds a compression
    /// pointer.
    pub fn from_wire(rtype: Rtype, wire: &[u8]) -> Result<Self, WireError> {
        Self::from_wire_in(Class::IN, rtype, wire)
    }

    /// Takes an uncompressed wire form of a class.
    ///
    /// # Errors
    /// As [`RdataBuf::from_wire`].
    pub fn from_wire_in(class: Class, rtype: Rtype, wire: &[u8]) -> Result<Self, WireError> {
        if wire.len() > usize::from(u16::MAX) {
            return Err(WireError::Trailing {
                at: usize::from(u16::MAX),
            });
        }
        let rdata = Self::read_in(class, rtype, Reader::new(wire))?;
        if *rdata.wire != *wire {
            return Err(WireError::Pointer { at: 0 });
        }
        Ok(rdata)
    }

    /// Copies rdata that fills `reader` out of a message; names are expanded.
    ///
    /// # Errors
    /// When it is not what the type asks for.
    pub fn read(rtype: Rtype, reader: Reader<'_>) -> Result<Self, WireError> {
        Self::read_in(Class::IN, rtype, reader)
    }

    /// Copies rdata of a class that fills `reader` out of a message; names are expanded.
    ///
    /// # Errors
    /// When it is not what the type asks for in that class.
    pub fn read_in(class: Class, rtype: Rtype, reader: Reader<'_>) -> Result<Self, WireError> {
        let format = Format::of(class, rtype);
        codec::check(format.spec(rtype), reader)?;
        let mut wire = Vec::with_capacity(reader.remaining());
        match codec::write_expanded(format.spec(rtype), reader, &mut wire) {
            Ok(()) => Ok(Self {
                rtype,
                format,
                wire: wire.into(),
            }),
            Err(_) => Err(WireError::Invalid {
                at: reader.position(),
                what: "rdata cannot be expanded",
            }),
        }
    }

    /// Parses presentation format, typed or `\#`; names are relative to the root.
    ///
    /// # Errors
    /// When the text is not what the type asks for, with the offset at which it fails.
    pub fn parse(rtype: Rtype, text: &str) -> Result<Self, TextError> {
        Self::parse_within(rtype, text, Name::ROOT)
    }

    /// Parses presentation format, typed or `\#`; names are relative to `origin`.
    ///
    /// # Errors
    /// When the text is not what the type asks for, with the offset at which it fails.
    pub fn parse_within(rtype: Rtype, text: &str, origin: &Name) -> Result<Self, TextError> {
        Self::parse_in(Class::IN, rtype, text, origin)
    }

    /// Parses presentation format of a class, typed or `\#`; names are relative to `origin`.
    ///
    /// # Errors
    /// When the text is not what the type asks for in that class, with the offset at which it fails.
    pub fn parse_in(
        class: Class,
        rtype: Rtype,
        text: &str,
        origin: &Name,
    ) -> Result<Self, TextError> {
        let format = Format::of(class, rtype);
        let mut tokens = Lexer::new(text.as_bytes(), Some(origin));
        let mut wire = Vec::new();
        codec::parse_rdata(format.spec(rtype), &mut tokens, &mut wire)?;
        if !tokens.is_at_end() {
            return Err(TextError::Trailing {
                at: tokens.position(),
            });
        }
        Ok(Self {
            rtype,
            format,
            wire: wire.into(),
        })
    }

    /// Returns the record type.
    #[must_use]
    pub fn rtype(&self) -> Rtype {
        self.rtype
    }

    /// Returns the uncompressed wire form.
    #[must_use]
    pub fn as_wire(&self) -> &[u8] {
        &self.wire
    }

    /// Returns the typed view.
    ///
    /// # Errors
    /// Never: the octets were checked when the value was made.
    pub fn view(&self) -> Result<Rdata<'_>, WireError> {
        Rdata::read_as(self.format, self.rtype, Reader::new(&self.wire))
    }

    /// Returns the canonical form: names of some types in lower case (RFC 4034 section 6.2 as
    /// RFC 6840 section 5.1 has it).
    #[must_use]
    pub fn canonical(&self) -> Self {
        let mut wire = Vec::with_capacity(self.wire.len());
        let spec = self.format.spec(self.rtype);
        match codec::write_canonical(spec, Reader::new(&self.wire), &mut wire) {
            Ok(()) => Self {
                rtype: self.rtype,
                format: self.format,
                wire: wire.into(),
            },
            Err(_) => self.clone(),
        }
    }

    /// Returns the `\#` form (RFC 3597 section 5).
    #[must_use]
    pub fn to_generic(&self) -> String {
        let mut text = String::new();
        let printed = codec::print_generic(Reader::new(&self.wire), &mut text);
        debug_assert!(printed.is_ok(), "strings take all text");
        text
    }
}

impl fmt::Display for RdataBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        codec::print(self.format.spec(self.rtype), Reader::new(&self.wire), f)
    }
}

impl fmt::Debug for RdataBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {self}", self.rtype)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rdata::table::SAMPLES;

    #[test]
    fn every_type_of_the_table_survives_all_forms() {
        for (rtype, text) in SAMPLES {
            let rdata = RdataBuf::parse(*rtype, text).unwrap();
            assert_eq!(rdata.to_string(), *text);
            assert_eq!(RdataBuf::parse(*rtype, &rdata.to_generic()).unwrap(), rdata);
            assert_eq!(RdataBuf::new(&rdata.view().unwrap()).unwrap(), rdata);
            assert_eq!(rdata.view().unwrap().rtype(), *rtype);
            assert_eq!(rdata.canonical().canonical(), rdata.canonical());
        }
    }
}
