//! The options of an OPT record, as code and octets.

use core::iter::FusedIterator;

use crate::{error::WireError, wire::Reader};

/// The code of an EDNS option.
///
/// ```
/// use eaves_dns::edns::OptionCode;
///
/// assert_eq!(OptionCode::COOKIE.0, 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OptionCode(pub u16);

impl OptionCode {
    /// DNS cookies (RFC 7873).
    pub const COOKIE: Self = Self(10);
}

/// The options of an OPT record, checked to fill it.
///
/// ```
/// use eaves_dns::edns::{OptionCode, Options};
///
/// let options = Options::from_wire(b"\0\x0c\0\x02\0\0")?;
/// assert_eq!(options.collect::<Vec<_>>(), [(OptionCode(12), b"\0\0".as_slice())]);
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options<'a>(&'a [u8]);

impl<'a> Options<'a> {
    /// Takes options in wire form.
    ///
    /// # Errors
    /// When the last is cut off.
    pub fn from_wire(wire: &'a [u8]) -> Result<Self, WireError> {
        Self::read(&mut Reader::new(wire))
    }

    /// Takes all that is left.
    #[inline]
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut all = *reader;
        while !reader.is_empty() {
            reader.u16("option code")?;
            let len = reader.u16("option length")?;
            reader.bytes(usize::from(len), "option")?;
        }
        Ok(Self(all.rest()))
    }

    /// Returns the wire form.
    #[must_use]
    pub fn as_wire(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (OptionCode, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut reader = Reader::new(self.0);
        let code = reader.u16("option code").ok()?;
        let len = reader.u16("option length").ok()?;
        let octets = reader.bytes(usize::from(len), "option").ok()?;
        self.0 = reader.rest();
        Some((OptionCode(code), octets))
    }
}

impl FusedIterator for Options<'_> {}
