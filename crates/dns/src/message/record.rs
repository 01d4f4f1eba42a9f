//! Records within a message.

use core::fmt;

use crate::{
    error::WireError,
    name::{LastPointer, NameRef},
    rdata::{Rdata, RdataBuf},
    record::{Class, Rtype, Ttl},
    wire::Reader,
};

/// A record within a message; its rdata is read when asked for.
///
/// ```
/// use eaves_dns::{Rtype, View, rdata::{A, Rdata}};
///
/// let bytes = b"\x00\x07\x84\0\0\0\0\x01\0\0\0\0\0\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01";
/// let record = View::parse(bytes)?.answers()?.next().unwrap()?;
/// assert_eq!(record.ttl().as_secs(), 60);
/// assert_eq!(record.rdata()?, Rdata::A(A { address: [192, 0, 2, 1].into() }));
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    name: NameRef<'a>,
    rtype: Rtype,
    class: Class,
    ttl: u32,
    rdata: Reader<'a>,
}

impl<'a> Record<'a> {
    #[inline]
    pub(crate) fn read(reader: &mut Reader<'a>, last: &mut LastPointer) -> Result<Self, WireError> {
        let name = reader.owner(last)?;
        let [t0, t1, c0, c1, l0, l1, l2, l3, n0, n1] = reader.array("record head")?;
        let len = u16::from_be_bytes([n0, n1]);
        Ok(Self {
            name,
            rtype: Rtype(u16::from_be_bytes([t0, t1])),
            class: Class(u16::from_be_bytes([c0, c1])),
            ttl: u32::from_be_bytes([l0, l1, l2, l3]),
            rdata: reader.sub(usize::from(len), "rdata")?,
        })
    }

    #[inline]
    pub(crate) fn skip(reader: &mut Reader<'a>) -> Result<(), WireError> {
        reader.skip_name()?;
        let [.., n0, n1]: [u8; 10] = reader.array("record head")?;
        let len = usize::from(u16::from_be_bytes([n0, n1]));
        reader.bytes(len, "rdata").map(drop)
    }

    /// Returns the owner name.
    #[must_use]
    pub fn name(&self) -> NameRef<'a> {
        self.name
    }

    /// Returns the type.
    #[must_use]
    pub fn rtype(&self) -> Rtype {
        self.rtype
    }

    /// Returns the class; of OPT, this is the UDP size.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// Returns the class without the cache-flush bit of multicast DNS (RFC 6762 section 10.2), and
    /// whether that bit is set.
    #[must_use]
    pub fn multicast_class(&self) -> (Class, bool) {
        (Class(self.class.0 & 0x7fff), self.class.0 & 0x8000 != 0)
    }

    /// Returns the time to live.
    #[must_use]
    pub fn ttl(&self) -> Ttl {
        Ttl::from_wire(self.ttl)
    }

    /// Returns the TTL field as it stands; of OPT, it holds version and flags.
    #[must_use]
    pub fn ttl_field(&self) -> u32 {
        self.ttl
    }

    /// Reads and checks the rdata.
    ///
    /// # Errors
    /// When it is not what the type asks for. In updates, where rdata may be empty, look at
    /// [`Record::rdata_len`] first.
    #[inline]
    pub fn rdata(&self) -> Result<Rdata<'a>, WireError> {
        Rdata::read(self.rtype, self.rdata)
    }

    /// Copies the rdata, names expanded.
    ///
    /// # Errors
    /// When it is not what the type asks for.
    pub fn to_rdata_buf(&self) -> Result<RdataBuf, WireError> {
        RdataBuf::read(self.rtype, self.rdata)
    }

    /// Returns the length of the rdata as it stands in the message.
    #[must_use]
    pub fn rdata_len(&self) -> usize {
        self.rdata.remaining()
    }

    /// Returns a reader of the rdata, which can follow compression pointers.
    #[must_use]
    pub fn rdata_reader(&self) -> Reader<'a> {
        self.rdata
    }
}

impl fmt::Display for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, ttl, class, rtype) = (self.name, self.ttl, self.class, self.rtype);
        write!(f, "{name} {ttl} {class} {rtype} ")?;
        match self.to_rdata_buf() {
            Ok(rdata) => rdata.fmt(f),
            Err(error) => write!(f, "; {error}"),
        }
    }
}
