//! The options of an OPT record: code and octets, or a typed value.

use core::iter::FusedIterator;

use crate::{
    edns::EdnsOption,
    error::{BuildError, WireError},
    wire::Reader,
};

/// The options of an OPT record, checked to fill it.
///
/// ```
/// use eaves_dns::edns::{EdnsOption, OptionCode, Options};
///
/// let options = Options::from_wire(b"\0\x0c\0\x02\0\0")?;
/// assert_eq!(options.collect::<Vec<_>>(), [(OptionCode::PADDING, b"\0\0".as_slice())]);
/// assert_eq!(options.option(OptionCode::PADDING)?, Some(EdnsOption::Padding(b"\0\0")));
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

    /// Walks over the typed options.
    ///
    /// # Errors
    /// An item is an error when its octets are not what its code asks for; the walk goes on after it.
    pub fn typed(&self) -> impl Iterator<Item = Result<EdnsOption<'a>, WireError>> + use<'a> {
        (*self).map(|(code, octets)| EdnsOption::read(code, octets))
    }

    /// Returns the first option of a code.
    ///
    /// # Errors
    /// When its octets are not what the code asks for.
    pub fn option(&self, code: OptionCode) -> Result<Option<EdnsOption<'a>>, WireError> {
        let mut options = *self;
        let found = options.find(|(known, _)| *known == code);
        found
            .map(|(code, octets)| EdnsOption::read(code, octets))
            .transpose()
    }

    /// Appends an option to `out`, from which [`Options::from_wire`] reads them.
    ///
    /// # Errors
    /// When it is longer than 65535 octets.
    pub fn encode(option: &EdnsOption<'_>, out: &mut Vec<u8>) -> Result<(), BuildError> {
        let start = out.len();
        out.extend_from_slice(&option.code().0.to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        option.write(out)?;
        let len = u16::try_from(out.len() - start - 4).map_err(|_| BuildError::TooLong)?;
        out[start + 2..start + 4].copy_from_slice(&len.to_be_bytes());
        Ok(())
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
    /// Long-lived queries (RFC 8764).
    pub const LLQ: Self = Self(1);
    /// The lease of an update (RFC 9664).
    pub const UPDATE_LEASE: Self = Self(2);
    /// The server's identity (RFC 5001).
    pub const NSID: Self = Self(3);
    /// DNSSEC algorithms understood (RFC 6975).
    pub const DAU: Self = Self(5);
    /// DS hashes understood (RFC 6975).
    pub const DHU: Self = Self(6);
    /// NSEC3 hashes understood (RFC 6975).
    pub const N3U: Self = Self(7);
    /// The client's subnet (RFC 7871).
    pub const CLIENT_SUBNET: Self = Self(8);
    /// The time left to a zone's expiry (RFC 7314).
    pub const EXPIRE: Self = Self(9);
    /// DNS cookies (RFC 7873).
    pub const COOKIE: Self = Self(10);
    /// How long a TCP connection stays open (RFC 7828).
    pub const TCP_KEEPALIVE: Self = Self(11);
    /// Padding (RFC 7830).
    pub const PADDING: Self = Self(12);
    /// The closest trust point (RFC 7901).
    pub const CHAIN: Self = Self(13);
    /// Key tags of trust anchors (RFC 8145).
    pub const KEY_TAG: Self = Self(14);
    /// Extended errors (RFC 8914).
    pub const EXTENDED_ERROR: Self = Self(15);
    /// A client's tag.
    pub const CLIENT_TAG: Self = Self(16);
    /// A server's tag.
    pub const SERVER_TAG: Self = Self(17);
    /// Where errors are reported (RFC 9567).
    pub const REPORT_CHANNEL: Self = Self(18);
    /// The version of the zone (RFC 9660).
    pub const ZONEVERSION: Self = Self(19);
}
