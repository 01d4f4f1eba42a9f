//! Typed options.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::{
    edns::{Cookie, InfoCode, OptionCode},
    error::{BuildError, WireError},
    name::NameRef,
    wire::{Reader, Sink},
};

/// An option, by its code.
///
/// ```
/// use eaves_dns::edns::{EdnsOption, InfoCode, Options};
///
/// let mut wire = Vec::new();
/// let error = EdnsOption::ExtendedError { code: InfoCode::PROHIBITED, text: b"not for you" };
/// Options::encode(&error, &mut wire).unwrap();
/// let read = Options::from_wire(&wire)?.typed().next().unwrap()?;
/// assert_eq!(read, error);
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EdnsOption<'a> {
    /// Long-lived queries (RFC 8764 section 3.1).
    Llq {
        /// The version.
        version: u16,
        /// What is done: setup, refresh or event.
        opcode: u16,
        /// What went wrong.
        error: u16,
        /// The query.
        id: u64,
        /// How long it is asked for, in seconds.
        lease: u32,
    },
    /// The lease of an update, and that of keys (RFC 9664 section 4).
    UpdateLease {
        /// Seconds.
        lease: u32,
        /// Seconds for KEY records.
        key_lease: Option<u32>,
    },
    /// The server's identity; empty in a query.
    Nsid(&'a [u8]),
    /// DNSSEC algorithms understood.
    Dau(&'a [u8]),
    /// DS hashes understood.
    Dhu(&'a [u8]),
    /// NSEC3 hashes understood.
    N3u(&'a [u8]),
    /// The client's subnet.
    ClientSubnet(ClientSubnet),
    /// Seconds to a zone's expiry; `None` in a query.
    Expire(Option<u32>),
    /// A cookie.
    Cookie(Cookie),
    /// How long a connection stays open, in tenths of a second; `None` in a query.
    TcpKeepalive(Option<u16>),
    /// Padding.
    Padding(&'a [u8]),
    /// The closest trust point.
    Chain(NameRef<'a>),
    /// Key tags, two octets each.
    KeyTag(&'a [u8]),
    /// An extended error.
    ExtendedError {
        /// What kind of error.
        code: InfoCode,
        /// What it says to people, in UTF-8.
        text: &'a [u8],
    },
    /// A client's tag.
    ClientTag(u16),
    /// A server's tag.
    ServerTag(u16),
    /// Where errors are reported.
    ReportChannel(NameRef<'a>),
    /// The version of a zone; `None` in a query.
    ZoneVersion(Option<ZoneVersion<'a>>),
    /// Any other.
    Unknown {
        /// The code.
        code: OptionCode,
        /// The octets.
        octets: &'a [u8],
    },
}

/// A client's subnet (RFC 7871 section 6).
///
/// ```
/// use eaves_dns::edns::ClientSubnet;
///
/// let subnet = ClientSubnet::new([192, 0, 2, 77].into(), 24);
/// assert_eq!(subnet.address.to_string(), "192.0.2.0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientSubnet {
    /// The address, bits past the source prefix zero.
    pub address: core::net::IpAddr,
    /// How many bits the client shows.
    pub source: u8,
    /// For how many bits the answer holds; 0 in a query.
    pub scope: u8,
}

/// The version of a zone (RFC 9660 section 3).
///
/// ```
/// use eaves_dns::edns::ZoneVersion;
///
/// let version = ZoneVersion { labels: 2, kind: 0, version: &[0, 0, 0, 7] };
/// assert_eq!(version.version.len(), 4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ZoneVersion<'a> {
    /// How many labels of the name are the zone's.
    pub labels: u8,
    /// 0: the SOA's serial.
    pub kind: u8,
    /// The version.
    pub version: &'a [u8],
}

impl ClientSubnet {
    /// Shows `source` bits of an address, at most all it has.
    #[must_use]
    pub fn new(address: core::net::IpAddr, source: u8) -> Self {
        let (address, source) = match address {
            core::net::IpAddr::V4(v4) => {
                let source = source.min(32);
                let mask = u32::MAX.checked_shl(32 - u32::from(source)).unwrap_or(0);
                (Ipv4Addr::from_bits(v4.to_bits() & mask).into(), source)
            }
            core::net::IpAddr::V6(v6) => {
                let source = source.min(128);
                let mask = u128::MAX.checked_shl(128 - u32::from(source)).unwrap_or(0);
                (Ipv6Addr::from_bits(v6.to_bits() & mask).into(), source)
            }
        };
        Self {
            address,
            source,
            scope: 0,
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let family = reader.u16("address family")?;
        let source = reader.u8("source prefix")?;
        let scope = reader.u8("scope prefix")?;
        let at = reader.position();
        let bad = WireError::Invalid {
            at,
            what: "client subnet does not fit its family, or bits past its prefix are set",
        };
        let octets = reader.rest();
        let mut whole = [0; 16];
        let room = whole.get_mut(..octets.len()).ok_or(bad)?;
        room.copy_from_slice(octets);
        let (address, bits): (core::net::IpAddr, u8) = match family {
            1 => (
                Ipv4Addr::new(whole[0], whole[1], whole[2], whole[3]).into(),
                32,
            ),
            2 => (Ipv6Addr::from(whole).into(), 128),
            _ => return Err(bad),
        };
        let is_fit = source <= bits
            && scope <= bits
            && octets.len() == usize::from(source).div_ceil(8)
            && Self::new(address, source).address == address;
        is_fit
            .then_some(Self {
                address,
                source,
                scope,
            })
            .ok_or(bad)
    }

    fn write(&self, sink: &mut impl Sink) -> Result<(), BuildError> {
        let shown = Self::new(self.address, self.source);
        let len = usize::from(shown.source).div_ceil(8);
        match shown.address {
            core::net::IpAddr::V4(v4) => {
                sink.put(&[0, 1, shown.source, self.scope])?;
                sink.put(&v4.octets()[..len])
            }
            core::net::IpAddr::V6(v6) => {
                sink.put(&[0, 2, shown.source, self.scope])?;
                sink.put(&v6.octets()[..len])
            }
        }
    }
}

impl<'a> EdnsOption<'a> {
    /// Reads and checks octets of a code.
    ///
    /// # Errors
    /// When they are not what the code asks for.
    pub fn read(code: OptionCode, octets: &'a [u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(octets);
        let option = Self::read_fields(code, &mut reader)?;
        reader.finish()?;
        Ok(option)
    }

    /// Checks the octets of a code whose malformed forms are answered with FORMERR, or shown to
    /// people.
    pub(crate) fn check(code: OptionCode, octets: &'a [u8]) -> Result<(), WireError> {
        match code {
            OptionCode::CLIENT_SUBNET
            | OptionCode::COOKIE
            | OptionCode::EXTENDED_ERROR
            | OptionCode::REPORT_CHANNEL => Self::read(code, octets).map(drop),
            _ => Ok(()),
        }
    }

    fn read_fields(code: OptionCode, reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let is_empty = reader.is_empty();
        Ok(match code {
            OptionCode::LLQ => Self::Llq {
                version: reader.u16("version")?,
                opcode: reader.u16("operation")?,
                error: reader.u16("error")?,
                id: reader.u64("query")?,
                lease: reader.u32("lease")?,
            },
            OptionCode::UPDATE_LEASE => Self::UpdateLease {
                lease: reader.u32("lease")?,
                key_lease: optional(reader, |reader| reader.u32("key lease"))?,
            },
            OptionCode::NSID => Self::Nsid(reader.rest()),
            OptionCode::DAU => Self::Dau(reader.rest()),
            OptionCode::DHU => Self::Dhu(reader.rest()),
            OptionCode::N3U => Self::N3u(reader.rest()),
            OptionCode::CLIENT_SUBNET => Self::ClientSubnet(ClientSubnet::read(reader)?),
            OptionCode::EXPIRE => Self::Expire(optional(reader, |reader| reader.u32("expiry"))?),
            OptionCode::COOKIE => Self::Cookie(Cookie::from_wire(reader.rest())?),
            OptionCode::TCP_KEEPALIVE => {
                Self::TcpKeepalive(optional(reader, |reader| reader.u16("timeout"))?)
            }
            OptionCode::PADDING => Self::Padding(reader.rest()),
            OptionCode::CHAIN => Self::Chain(reader.flat_name()?),
            OptionCode::KEY_TAG if !reader.remaining().is_multiple_of(2) || is_empty => {
                return Err(WireError::Invalid {
                    at: 0,
                    what: "half a key tag, or none",
                });
            }
            OptionCode::KEY_TAG => Self::KeyTag(reader.rest()),
            OptionCode::EXTENDED_ERROR => Self::ExtendedError {
                code: InfoCode(reader.u16("error")?),
                text: utf8(reader)?,
            },
            OptionCode::CLIENT_TAG => Self::ClientTag(reader.u16("tag")?),
            OptionCode::SERVER_TAG => Self::ServerTag(reader.u16("tag")?),
            OptionCode::REPORT_CHANNEL => Self::ReportChannel(reader.flat_name()?),
            OptionCode::ZONEVERSION => Self::ZoneVersion(optional(reader, |reader| {
                Ok(ZoneVersion {
                    labels: reader.u8("labels")?,
                    kind: reader.u8("kind of version")?,
                    version: reader.rest(),
                })
            })?),
            code => Self::Unknown {
                code,
                octets: reader.rest(),
            },
        })
    }

    /// Returns the code.
    #[must_use]
    pub fn code(&self) -> OptionCode {
        match self {
            Self::Llq { .. } => OptionCode::LLQ,
            Self::UpdateLease { .. } => OptionCode::UPDATE_LEASE,
            Self::Nsid(_) => OptionCode::NSID,
            Self::Dau(_) => OptionCode::DAU,
            Self::Dhu(_) => OptionCode::DHU,
            Self::N3u(_) => OptionCode::N3U,
            Self::ClientSubnet(_) => OptionCode::CLIENT_SUBNET,
            Self::Expire(_) => OptionCode::EXPIRE,
            Self::Cookie(_) => OptionCode::COOKIE,
            Self::TcpKeepalive(_) => OptionCode::TCP_KEEPALIVE,
            Self::Padding(_) => OptionCode::PADDING,
            Self::Chain(_) => OptionCode::CHAIN,
            Self::KeyTag(_) => OptionCode::KEY_TAG,
            Self::ExtendedError { .. } => OptionCode::EXTENDED_ERROR,
            Self::ClientTag(_) => OptionCode::CLIENT_TAG,
            Self::ServerTag(_) => OptionCode::SERVER_TAG,
            Self::ReportChannel(_) => OptionCode::REPORT_CHANNEL,
            Self::ZoneVersion(_) => OptionCode::ZONEVERSION,
            Self::Unknown { code, .. } => *code,
        }
    }

    /// Appends the octets, without code and length.
    ///
    /// # Errors
    /// When they do not fit.
    pub fn write(&self, sink: &mut impl Sink) -> Result<(), BuildError> {
        match *self {
            Self::Llq {
                version,
                opcode,
                error,
                id,
                lease,
            } => {
                for number in [version, opcode, error] {
                    sink.put(&number.to_be_bytes())?;
                }
                sink.put(&id.to_be_bytes())?;
                sink.put(&lease.to_be_bytes())
            }
            Self::UpdateLease { lease, key_lease } => {
                sink.put(&lease.to_be_bytes())?;
                key_lease.map_or(Ok(()), |lease| sink.put(&lease.to_be_bytes()))
            }
            Self::Nsid(octets)
            | Self::Dau(octets)
            | Self::Dhu(octets)
            | Self::N3u(octets)
            | Self::Padding(octets)
            | Self::KeyTag(octets)
            | Self::Unknown { octets, .. } => sink.put(octets),
            Self::ClientSubnet(subnet) => subnet.write(sink),
            Self::Expire(seconds) => seconds.map_or(Ok(()), |s| sink.put(&s.to_be_bytes())),
            Self::Cookie(cookie) => sink.put(cookie.as_wire()),
            Self::TcpKeepalive(tenths) => tenths.map_or(Ok(()), |t| sink.put(&t.to_be_bytes())),
            Self::Chain(name) | Self::ReportChannel(name) => sink.name(name),
            Self::ExtendedError { code, text } => {
                sink.put(&code.0.to_be_bytes())?;
                sink.put(text)
            }
            Self::ClientTag(tag) | Self::ServerTag(tag) => sink.put(&tag.to_be_bytes()),
            Self::ZoneVersion(None) => Ok(()),
            Self::ZoneVersion(Some(version)) => {
                sink.put(&[version.labels, version.kind])?;
                sink.put(version.version)
            }
        }
    }
}

/// Takes the rest, which must be text (RFC 8914 section 2).
fn utf8<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let at = reader.position();
    let text = reader.rest();
    match core::str::from_utf8(text) {
        Ok(_) => Ok(text),
        Err(error) => Err(WireError::Invalid {
            at: at + error.valid_up_to(),
            what: "text is not UTF-8",
        }),
    }
}

/// Reads what a response has and a query has not.
fn optional<'a, T>(
    reader: &mut Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, WireError>,
) -> Result<Option<T>, WireError> {
    if reader.is_empty() {
        Ok(None)
    } else {
        read(reader).map(Some)
    }
}
