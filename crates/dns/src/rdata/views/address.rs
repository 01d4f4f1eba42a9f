//! Address prefixes, parts of addresses, places.

use core::{
    fmt::{self, Write},
    iter::FusedIterator,
    net::{Ipv4Addr, Ipv6Addr},
};

use crate::{error::WireError, name::NameRef, wire::Reader};

/// A place on the globe (RFC 1876 section 2), as it stands on the wire.
///
/// ```
/// use eaves_dns::{Rdata, RdataBuf, Rtype};
///
/// let rdata = RdataBuf::parse(Rtype::LOC, "52 N 13 E 34m")?;
/// let Rdata::Loc(loc) = rdata.view()? else { unreachable!() };
/// assert_eq!(loc.place.altitude, 10_000_000 + 3_400);
/// # Ok::<(), eaves_common::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GeoPlace {
    /// Size, horizontal and vertical precision: mantissa and exponent of ten, in centimetres.
    pub sizes: [u8; 3],
    /// Thousandths of an arc second north of the equator, plus 2^31.
    pub latitude: u32,
    /// Thousandths of an arc second east of the prime meridian, plus 2^31.
    pub longitude: u32,
    /// Centimetres above 100 km below the reference spheroid.
    pub altitude: u32,
}

/// A part of an IPv6 address (RFC 2874 section 3.1).
///
/// ```
/// use eaves_dns::rdata::AddressPart;
///
/// let part = AddressPart { prefix: 120, suffix: &[1], name: None };
/// assert_eq!(part.suffix.len(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressPart<'a> {
    /// How many leading bits come from elsewhere.
    pub prefix: u8,
    /// The octets that hold the other bits.
    pub suffix: &'a [u8],
    /// Where the leading bits are found; there is one unless there are none.
    pub name: Option<NameRef<'a>>,
}

/// The prefixes of an APL record.
///
/// ```
/// use eaves_dns::rdata::PrefixList;
///
/// let list = PrefixList::from_wire(b"\0\x01\x08\x81\x0a")?;
/// assert_eq!(list.map(|prefix| prefix.to_string()).collect::<Vec<_>>(), ["!1:10.0.0.0/8"]);
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PrefixList<'a>(&'a [u8]);

/// One prefix of an APL record (RFC 3123 section 4).
///
/// ```
/// use eaves_dns::rdata::Prefix;
///
/// let prefix = Prefix { family: 2, prefix: 32, negated: false, address: &[0x20, 1, 0xd, 0xb8] };
/// assert_eq!(prefix.to_string(), "2:2001:db8::/32");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix<'a> {
    /// The address family: 1 is IPv4, 2 is IPv6.
    pub family: u16,
    /// How many leading bits count.
    pub prefix: u8,
    /// The prefix is taken out rather than put in.
    pub negated: bool,
    /// The address without the zero octets at its end.
    pub address: &'a [u8],
}

impl<'a> PrefixList<'a> {
    /// Takes prefixes in wire form.
    ///
    /// # Errors
    /// When one is cut off, too long for its family or ends in a zero octet.
    pub fn from_wire(wire: &'a [u8]) -> Result<Self, WireError> {
        Self::read(&mut Reader::new(wire), "prefix")
    }

    /// Takes all that is left.
    pub(crate) fn read(reader: &mut Reader<'a>, field: &'static str) -> Result<Self, WireError> {
        let mut all = *reader;
        while !reader.is_empty() {
            let at = reader.position();
            let item = Prefix::read(reader, field)?;
            let (octets, bits) = match item.family {
                1 => (4, 32),
                2 => (16, 128),
                _ => (127, 255),
            };
            let is_minimal = item.address.last() != Some(&0);
            if item.address.len() > octets || item.prefix > bits || !is_minimal {
                return Err(WireError::Invalid {
                    at,
                    what: "address prefix does not fit its family or is not minimal",
                });
            }
        }
        Ok(Self(all.rest()))
    }

    /// Returns the wire form.
    #[must_use]
    pub fn as_wire(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Prefix<'a> {
    fn read(reader: &mut Reader<'a>, field: &'static str) -> Result<Self, WireError> {
        let family = reader.u16(field)?;
        let prefix = reader.u8(field)?;
        let len = reader.u8(field)?;
        Ok(Self {
            family,
            prefix,
            negated: len & 0x80 != 0,
            address: reader.bytes(usize::from(len & 0x7f), field)?,
        })
    }
}

impl<'a> Iterator for PrefixList<'a> {
    type Item = Prefix<'a>;

    fn next(&mut self) -> Option<Prefix<'a>> {
        let mut reader = Reader::new(self.0);
        let item = Prefix::read(&mut reader, "prefix").ok()?;
        self.0 = reader.rest();
        Some(item)
    }
}

impl FusedIterator for PrefixList<'_> {}

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negated { "!" } else { "" };
        write!(f, "{sign}{}:", self.family)?;
        let mut octets = [0; 16];
        for (to, from) in octets.iter_mut().zip(self.address) {
            *to = *from;
        }
        match self.family {
            1 => write!(
                f,
                "{}",
                Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3])
            )?,
            2 => write!(f, "{}", Ipv6Addr::from(octets))?,
            _ => self
                .address
                .iter()
                .try_for_each(|octet| write!(f, "{octet:02x}"))?,
        }
        f.write_char('/')?;
        self.prefix.fmt(f)
    }
}

impl fmt::Debug for PrefixList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}
