//! DNS Stateful Operations (RFC 8490): messages of TLVs.

use core::iter::FusedIterator;

use crate::{
    error::{BuildError, WireError},
    message::{Header, Opcode, View},
    wire::Reader,
};

/// A DSO message.
///
/// ```
/// use eaves_dns::{Header, Opcode, dso::{Dso, Tlv}};
///
/// let header = Header { id: 9, opcode: Opcode::DSO, ..Header::default() };
/// let keepalive = Tlv::KeepAlive { inactivity: 15_000, interval: 60_000 };
/// let mut out = Vec::new();
/// Dso::encode(header, &[keepalive], &mut out)?;
/// let dso = Dso::parse(&out)?;
/// assert_eq!(dso.tlvs().collect::<Vec<_>>(), [keepalive]);
/// # Ok::<(), eaves_common::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dso<'a> {
    header: Header,
    tlvs: Tlvs<'a>,
}

/// A TLV.
///
/// ```
/// use eaves_dns::dso::Tlv;
///
/// assert_eq!(Tlv::RetryDelay(500).code(), 2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tlv<'a> {
    /// Timeouts in milliseconds (section 7.1).
    KeepAlive {
        /// After which an idle session is closed.
        inactivity: u32,
        /// At which keepalive traffic is sent.
        interval: u32,
    },
    /// How long not to come back, in milliseconds (section 7.2).
    RetryDelay(u32),
    /// Padding (section 7.3).
    Padding(&'a [u8]),
    /// Any other.
    Unknown {
        /// The type.
        code: u16,
        /// The octets.
        octets: &'a [u8],
    },
}

/// The TLVs of a message; the first is the primary one, or answers it.
///
/// ```
/// use eaves_dns::dso::Dso;
///
/// let bytes = b"\0\x09\x30\0\0\0\0\0\0\0\0\0\0\x03\0\x01\0";
/// assert_eq!(Dso::parse(bytes)?.tlvs().count(), 1);
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tlvs<'a>(&'a [u8]);

impl<'a> Dso<'a> {
    /// Reads a message: opcode DSO, all counts zero, TLVs to the end.
    ///
    /// # Errors
    /// When the message is anything else.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> {
        let view = View::parse(bytes)?;
        if view.header().opcode != Opcode::DSO || view.counts() != [0; 4] {
            return Err(WireError::Invalid {
                at: 2,
                what: "a stateful operation has its opcode and no records",
            });
        }
        let mut reader = Reader::at(bytes, Header::LEN);
        while !reader.is_empty() {
            Tlv::read(&mut reader)?;
        }
        Ok(Self {
            header: view.header(),
            tlvs: Tlvs(&bytes[Header::LEN..]),
        })
    }

    /// Returns the header.
    #[must_use]
    pub fn header(&self) -> Header {
        self.header
    }

    /// Walks over the TLVs.
    #[must_use]
    pub fn tlvs(&self) -> Tlvs<'a> {
        self.tlvs
    }

    /// Appends a message to `out`.
    ///
    /// # Errors
    /// When a TLV is longer than 65535 octets.
    pub fn encode(header: Header, tlvs: &[Tlv<'_>], out: &mut Vec<u8>) -> Result<(), BuildError> {
        out.extend_from_slice(&header.id.to_be_bytes());
        out.extend_from_slice(&header.bits().to_be_bytes());
        out.extend_from_slice(&[0; 8]);
        tlvs.iter().try_for_each(|tlv| tlv.write(out))
    }
}

impl<'a> Tlv<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let code = reader.u16("TLV type")?;
        let len = reader.u16("TLV length")?;
        let mut value = reader.sub(usize::from(len), "TLV")?;
        let tlv = match code {
            1 => Self::KeepAlive {
                inactivity: value.u32("inactivity timeout")?,
                interval: value.u32("keepalive interval")?,
            },
            2 => Self::RetryDelay(value.u32("retry delay")?),
            3 => Self::Padding(value.rest()),
            code => Self::Unknown {
                code,
                octets: value.rest(),
            },
        };
        value.finish()?;
        Ok(tlv)
    }

    /// Returns the type.
    #[must_use]
    pub fn code(&self) -> u16 {
        match self {
            Self::KeepAlive { .. } => 1,
            Self::RetryDelay(_) => 2,
            Self::Padding(_) => 3,
            Self::Unknown { code, .. } => *code,
        }
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<(), BuildError> {
        let start = out.len();
        out.extend_from_slice(&self.code().to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        match self {
            Self::KeepAlive {
                inactivity,
                interval,
            } => {
                out.extend_from_slice(&inactivity.to_be_bytes());
                out.extend_from_slice(&interval.to_be_bytes());
            }
            Self::RetryDelay(delay) => out.extend_from_slice(&delay.to_be_bytes()),
            Self::Padding(octets) | Self::Unknown { octets, .. } => out.extend_from_slice(octets),
        }
        let len = u16::try_from(out.len() - start - 4).map_err(|_| BuildError::TooLong)?;
        out[start + 2..start + 4].copy_from_slice(&len.to_be_bytes());
        Ok(())
    }
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Tlv<'a>;

    fn next(&mut self) -> Option<Tlv<'a>> {
        let mut reader = Reader::new(self.0);
        let tlv = Tlv::read(&mut reader).ok()?;
        self.0 = reader.rest();
        Some(tlv)
    }
}

impl FusedIterator for Tlvs<'_> {}
