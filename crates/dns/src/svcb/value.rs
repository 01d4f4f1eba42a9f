//! Values of parameters.

use core::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use crate::{error::WireError, rdata::Strings, svcb::SvcKey, wire::Reader};

/// A value, by its key.
///
/// ```
/// use eaves_dns::{Rdata, RdataBuf, Rtype, svcb::{SvcKey, SvcValue}};
///
/// let rdata = RdataBuf::parse(Rtype::HTTPS, "1 . alpn=h2,h3")?;
/// let Rdata::Https(https) = rdata.view()? else { unreachable!() };
/// let Some(SvcValue::Alpn(ids)) = https.params.value(SvcKey::ALPN) else { unreachable!() };
/// assert_eq!(ids.collect::<Vec<_>>(), [b"h2", b"h3"]);
/// # Ok::<(), eaves_common::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SvcValue<'a> {
    /// Keys that a client must understand.
    Mandatory(Numbers<'a>),
    /// Protocols.
    Alpn(Strings<'a>),
    /// The default protocol is not spoken.
    NoDefaultAlpn,
    /// The port.
    Port(u16),
    /// IPv4 addresses.
    Ipv4Hint(Addresses4<'a>),
    /// Configurations for Encrypted Client Hello.
    Ech(&'a [u8]),
    /// IPv6 addresses.
    Ipv6Hint(Addresses6<'a>),
    /// A URI template.
    DohPath(&'a [u8]),
    /// An Oblivious HTTP target.
    Ohttp,
    /// Key exchange groups.
    TlsSupportedGroups(Numbers<'a>),
    /// Segments of a path; none is the root.
    DocPath(Option<Strings<'a>>),
    /// Any other.
    Unknown(&'a [u8]),
}

impl<'a> SvcValue<'a> {
    /// Reads and checks octets of a key.
    pub(crate) fn read(key: SvcKey, octets: &'a [u8]) -> Result<Self, WireError> {
        let bad = WireError::Invalid {
            at: 0,
            what: "value does not fit its key",
        };
        match key {
            SvcKey::MANDATORY => {
                let keys = Numbers::new(octets).ok_or(bad)?;
                let ascend = keys.zip(keys.skip(1)).all(|(a, b)| a < b);
                let is_fit = ascend && keys.clone().next() != Some(0);
                is_fit.then_some(Self::Mandatory(keys)).ok_or(bad)
            }
            SvcKey::ALPN => Ok(Self::Alpn(segments(octets).ok_or(bad)?)),
            SvcKey::NO_DEFAULT_ALPN => empty(octets, Self::NoDefaultAlpn),
            SvcKey::PORT => match octets {
                [high, low] => Ok(Self::Port(u16::from_be_bytes([*high, *low]))),
                _ => Err(bad),
            },
            SvcKey::IPV4HINT => Ok(Self::Ipv4Hint(Addresses4::new(octets).ok_or(bad)?)),
            SvcKey::ECH if octets.is_empty() => Err(bad),
            SvcKey::ECH => Ok(Self::Ech(octets)),
            SvcKey::IPV6HINT => Ok(Self::Ipv6Hint(Addresses6::new(octets).ok_or(bad)?)),
            SvcKey::DOHPATH => Ok(Self::DohPath(octets)),
            SvcKey::OHTTP => empty(octets, Self::Ohttp),
            SvcKey::TLS_SUPPORTED_GROUPS => Ok(match Numbers::new(octets) {
                Some(groups) => Self::TlsSupportedGroups(groups),
                None => Self::Unknown(octets),
            }),
            SvcKey::DOCPATH if octets.is_empty() => Ok(Self::DocPath(None)),
            SvcKey::DOCPATH => Ok(Self::DocPath(Some(segments(octets).ok_or(bad)?))),
            _ => Ok(Self::Unknown(octets)),
        }
    }
}

/// Strings of at least an octet each.
fn segments(octets: &[u8]) -> Option<Strings<'_>> {
    let strings = Strings::read(&mut Reader::new(octets), "segment").ok()?;
    strings
        .clone()
        .all(|string| !string.is_empty())
        .then_some(strings)
}

fn empty<'a>(octets: &[u8], value: SvcValue<'a>) -> Result<SvcValue<'a>, WireError> {
    if octets.is_empty() {
        Ok(value)
    } else {
        Err(WireError::Trailing { at: 0 })
    }
}

macro_rules! lists {
    ($($(#[$doc:meta])+ $list:ident $item:ty, $len:literal, $example:literal;)*) => {$(
        $(#[$doc])+
        ///
        #[doc = concat!("```\n", $example, "\n```")]
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $list<'a>(&'a [u8]);

        impl<'a> $list<'a> {
            /// Takes the wire form; `None` if there is no item, or part of one.
            #[must_use]
            pub fn new(wire: &'a [u8]) -> Option<Self> {
                let is_whole = !wire.is_empty() && wire.len() % $len == 0;
                is_whole.then_some(Self(wire))
            }
        }

        impl Iterator for $list<'_> {
            type Item = $item;

            fn next(&mut self) -> Option<$item> {
                let (first, rest) = self.0.split_first_chunk::<$len>()?;
                self.0 = rest;
                Some(<$item>::from_item(*first))
            }
        }

        impl core::iter::FusedIterator for $list<'_> {}

        impl fmt::Debug for $list<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(*self).finish()
            }
        }
    )*};
}

trait FromItem<const N: usize> {
    fn from_item(octets: [u8; N]) -> Self;
}

impl FromItem<2> for u16 {
    fn from_item(octets: [u8; 2]) -> Self {
        Self::from_be_bytes(octets)
    }
}

impl FromItem<4> for Ipv4Addr {
    fn from_item(octets: [u8; 4]) -> Self {
        octets.into()
    }
}

impl FromItem<16> for Ipv6Addr {
    fn from_item(octets: [u8; 16]) -> Self {
        octets.into()
    }
}

lists! {
    /// Numbers of two octets.
    Numbers u16, 2, "use eaves_dns::svcb::Numbers;\nassert_eq!(Numbers::new(&[0, 29]).unwrap().next(), Some(29));";
    /// IPv4 addresses.
    Addresses4 Ipv4Addr, 4, "use eaves_dns::svcb::Addresses4;\nassert!(Addresses4::new(&[192, 0, 2]).is_none());";
    /// IPv6 addresses.
    Addresses6 Ipv6Addr, 16, "use eaves_dns::svcb::Addresses6;\nassert_eq!(Addresses6::new(&[0; 32]).unwrap().count(), 2);";
}
