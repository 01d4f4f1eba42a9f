//! Sets of record types.

use core::fmt;

use crate::{error::WireError, record::Rtype, wire::Reader};

/// The types that exist at a name, as NSEC, NSEC3 and CSYNC hold them (RFC 4034 section 4.1.2).
///
/// ```
/// use eaves_dns::{Rtype, rdata::TypeSet};
///
/// let types = TypeSet::from_wire(b"\x00\x01\x60")?;
/// assert_eq!(types.iter().collect::<Vec<_>>(), [Rtype::A, Rtype::NS]);
/// assert!(types.contains(Rtype::NS) && !types.contains(Rtype::CAA));
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TypeSet<'a>(&'a [u8]);

impl<'a> TypeSet<'a> {
    /// Takes windows in wire form.
    ///
    /// # Errors
    /// When windows do not ascend, are empty, longer than 32 octets or end in a zero octet.
    pub fn from_wire(wire: &'a [u8]) -> Result<Self, WireError> {
        Self::read(&mut Reader::new(wire), "types")
    }

    /// Takes all that is left.
    pub(crate) fn read(reader: &mut Reader<'a>, field: &'static str) -> Result<Self, WireError> {
        let mut all = *reader;
        let mut last = None;
        while !reader.is_empty() {
            let at = reader.position();
            let window = reader.u8(field)?;
            let bits = reader.string(field)?;
            let is_minimal = bits.len() <= 32 && bits.last().is_some_and(|octet| *octet != 0);
            if last >= Some(window) || !is_minimal {
                return Err(WireError::Invalid {
                    at,
                    what: "windows of types do not ascend or are not minimal",
                });
            }
            last = Some(window);
        }
        Ok(Self(all.rest()))
    }

    /// Returns the wire form.
    #[must_use]
    pub fn as_wire(&self) -> &'a [u8] {
        self.0
    }

    /// Says whether a type is in the set.
    #[must_use]
    pub fn contains(&self, rtype: Rtype) -> bool {
        let [window, low] = rtype.0.to_be_bytes();
        let bits = self.windows().find(|(number, _)| *number == window);
        let octet = bits.and_then(|(_, bits)| bits.get(usize::from(low / 8)));
        octet.is_some_and(|octet| octet & (0x80 >> (low % 8)) != 0)
    }

    /// Walks over the types in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = Rtype> + use<'a> {
        self.windows().flat_map(|(window, bits)| {
            let all = (0_u16..).zip(bits.iter());
            all.flat_map(move |(place, octet)| {
                let set = (0..8_u16).filter(move |bit| octet & (0x80 >> bit) != 0);
                set.map(move |bit| Rtype(u16::from(window) << 8 | place << 3 | bit))
            })
        })
    }

    fn windows(&self) -> impl Iterator<Item = (u8, &'a [u8])> + use<'a> {
        let mut reader = Reader::new(self.0);
        core::iter::from_fn(move || {
            let window = reader.u8("window").ok()?;
            Some((window, reader.string("window").ok()?))
        })
    }
}

impl fmt::Debug for TypeSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
