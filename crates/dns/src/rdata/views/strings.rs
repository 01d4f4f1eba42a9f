//! The strings of TXT and its kin.

use core::{fmt, iter::FusedIterator};

use crate::{
    error::{BuildError, WireError},
    wire::Reader,
};

/// One or more character-strings of up to 255 octets (RFC 1035 section 3.3.14).
///
/// ```
/// use eaves_dns::rdata::Strings;
///
/// let strings = Strings::from_wire(b"\x02hi\x05there")?;
/// assert_eq!(strings.collect::<Vec<_>>(), [b"hi".as_slice(), b"there"]);
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Strings<'a>(&'a [u8]);

impl<'a> Strings<'a> {
    /// Takes strings in wire form: a length octet before each.
    ///
    /// # Errors
    /// When there is none or the last is cut off.
    pub fn from_wire(wire: &'a [u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(wire);
        Self::read(&mut reader, "string")
    }

    /// Takes all that is left.
    #[inline]
    pub(crate) fn read(reader: &mut Reader<'a>, field: &'static str) -> Result<Self, WireError> {
        let wire = {
            let mut all = *reader;
            all.rest()
        };
        reader.string(field)?;
        while !reader.is_empty() {
            reader.string(field)?;
        }
        Ok(Self(wire))
    }

    /// Returns the wire form.
    #[must_use]
    pub fn as_wire(&self) -> &'a [u8] {
        self.0
    }

    /// Splits `text` into strings of 255 octets and appends them to `out` in wire form.
    ///
    /// # Errors
    /// When they are too long for rdata.
    pub fn encode(text: &[u8], out: &mut Vec<u8>) -> Result<(), BuildError> {
        if text.len() > 65_000 {
            return Err(BuildError::TooLong);
        }
        if text.is_empty() {
            out.push(0);
        }
        for chunk in text.chunks(255) {
            out.push(chunk.len() as u8);
            out.extend_from_slice(chunk);
        }
        Ok(())
    }
}

impl<'a> Iterator for Strings<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (&len, behind) = self.0.split_first()?;
        let (string, rest) = behind.split_at_checked(usize::from(len))?;
        self.0 = rest;
        Some(string)
    }
}

impl FusedIterator for Strings<'_> {}

impl fmt::Debug for Strings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.map(<[u8]>::escape_ascii))
            .finish()
    }
}
