//! Gateways, and digests of zones.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::name::NameRef;

/// Where IPSECKEY and AMTRELAY send traffic.
///
/// ```
/// use eaves_dns::{Rdata, RdataBuf, Rtype, rdata::GatewayView};
///
/// let rdata = RdataBuf::parse(Rtype::AMTRELAY, "10 0 1 203.0.113.15")?;
/// let Rdata::Amtrelay(relay) = rdata.view()? else { unreachable!() };
/// assert_eq!(relay.relay, GatewayView::Ipv4([203, 0, 113, 15].into()));
/// # Ok::<(), eaves_common::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GatewayView<'a> {
    /// Nowhere.
    None,
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// A host name.
    Name(NameRef<'a>),
}

/// How a zone was digested, and the digest (RFC 8976 section 2.2).
///
/// ```
/// use eaves_dns::rdata::ZoneDigest;
///
/// let digest = ZoneDigest { scheme: 1, algorithm: 1, digest: &[0; 48] };
/// assert_eq!(digest.digest.len(), 48);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ZoneDigest<'a> {
    /// How the zone is put together.
    pub scheme: u8,
    /// The hash algorithm.
    pub algorithm: u8,
    /// The digest.
    pub digest: &'a [u8],
}
