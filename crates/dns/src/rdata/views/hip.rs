//! Host identities and lists of names.

use core::{fmt, iter::FusedIterator};

use crate::{error::WireError, name::NameRef, wire::Reader};

/// A host identity (RFC 8005 section 5).
///
/// ```
/// use eaves_dns::rdata::HostIdentity;
///
/// let identity = HostIdentity { algorithm: 2, tag: &[0x20], public_key: &[3] };
/// assert_eq!(identity.algorithm, 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostIdentity<'a> {
    /// The public key's algorithm.
    pub algorithm: u8,
    /// The host identity tag.
    pub tag: &'a [u8],
    /// The public key.
    pub public_key: &'a [u8],
}

/// Names one after another, none of them compressed.
///
/// ```
/// use eaves_dns::rdata::NameList;
///
/// let names = NameList::from_wire(b"\x01a\0\x01b\0")?;
/// assert_eq!(names.map(|name| name.to_string()).collect::<Vec<_>>(), ["a.", "b."]);
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NameList<'a>(&'a [u8]);

impl<'a> NameList<'a> {
    /// Takes names in wire form.
    ///
    /// # Errors
    /// When one is malformed or compressed.
    pub fn from_wire(wire: &'a [u8]) -> Result<Self, WireError> {
        Self::read(&mut Reader::new(wire))
    }

    /// Takes all that is left.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut all = *reader;
        while !reader.is_empty() {
            reader.flat_name()?;
        }
        Ok(Self(all.rest()))
    }

    /// Returns the wire form.
    #[must_use]
    pub fn as_wire(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Iterator for NameList<'a> {
    type Item = NameRef<'a>;

    fn next(&mut self) -> Option<NameRef<'a>> {
        let mut reader = Reader::new(self.0);
        let name = reader.flat_name().ok()?;
        self.0 = reader.rest();
        Some(name)
    }
}

impl FusedIterator for NameList<'_> {}

impl fmt::Debug for NameList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}
