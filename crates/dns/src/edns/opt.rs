//! The OPT record.

use crate::{
    edns::Options,
    error::{BuildError, WireError},
    message::{Rcode, Record},
    record::Rtype,
    wire::Sink,
};

/// What the OPT record says.
///
/// ```
/// use eaves_dns::edns::Edns;
///
/// let edns = Edns::default();
/// assert_eq!(edns.udp_size, 1232);
/// assert_eq!(edns.len(), 11);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Edns<'a> {
    /// The largest UDP message its sender takes.
    pub udp_size: u16,
    /// Upper eight bits of the response code.
    pub rcode_high: u8,
    /// The EDNS version; 0 is the only one.
    pub version: u8,
    /// The sender wants DNSSEC records (RFC 3225).
    pub dnssec_ok: bool,
    /// All other flags: [`Edns::COMPACT_OK`], and those without a meaning so far.
    pub other_flags: u16,
    /// The options.
    pub options: Options<'a>,
}

impl<'a> Edns<'a> {
    /// A size that is not fragmented on common paths.
    pub const SAFE_UDP_SIZE: u16 = 1232;

    /// The flag with which a resolver says that it takes NXDOMAIN with compact denial of existence
    /// (RFC 9824 section 5).
    pub const COMPACT_OK: u16 = 0x4000;

    const DO: u16 = 0x8000;

    pub(crate) fn from_record(record: &Record<'a>) -> Result<Self, WireError> {
        if !record.name().is_root() {
            return Err(WireError::Invalid {
                at: record.name().offset(),
                what: "OPT record has an owner",
            });
        }
        let [rcode_high, version, f0, f1] = record.ttl_field().to_be_bytes();
        let flags = u16::from_be_bytes([f0, f1]);
        let mut reader = record.rdata_reader();
        Ok(Self {
            udp_size: record.class().0,
            rcode_high,
            version,
            dnssec_ok: flags & Self::DO != 0,
            other_flags: flags & !Self::DO,
            options: Options::read(&mut reader)?,
        })
    }

    /// Joins the upper bits of the response code with those of the header.
    #[must_use]
    pub fn rcode(&self, header: Rcode) -> Rcode {
        Rcode(u16::from(self.rcode_high) << 4 | header.0 & 15)
    }

    /// Returns the length of the record in octets.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "no record is empty")]
    pub fn len(&self) -> usize {
        11 + self.options.as_wire().len()
    }

    /// Writes the record; the upper bits of `rcode` go in with it.
    pub(crate) fn write(&self, rcode: Rcode, sink: &mut impl Sink) -> Result<(), BuildError> {
        let high = (rcode.0 >> 4) as u8 | self.rcode_high;
        let flags = self.other_flags | if self.dnssec_ok { Self::DO } else { 0 };
        let options = self.options.as_wire();
        let len = u16::try_from(options.len()).map_err(|_| BuildError::TooLong)?;
        sink.put(&[0])?;
        sink.put(&Rtype::OPT.0.to_be_bytes())?;
        sink.put(&self.udp_size.to_be_bytes())?;
        sink.put(&[high, self.version])?;
        sink.put(&flags.to_be_bytes())?;
        sink.put(&len.to_be_bytes())?;
        sink.put(options)
    }
}

impl Default for Edns<'_> {
    /// Version 0, [`Edns::SAFE_UDP_SIZE`], no option.
    fn default() -> Self {
        Self {
            udp_size: Self::SAFE_UDP_SIZE,
            rcode_high: 0,
            version: 0,
            dnssec_ok: false,
            other_flags: 0,
            options: Options::default(),
        }
    }
}
