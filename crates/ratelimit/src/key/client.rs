//! [`ClientAddress`]: who sent a request that came through proxies.

use std::net::IpAddr;

use eaves_common::units::IpPrefix;
use http::{HeaderMap, HeaderName, header};

use super::forwarded::{Chain, MOST_HOPS};
use crate::error::KeyError;

/// Finds the client's address from the connection's peer and what trusted proxies wrote.
///
/// Anybody can send `X-Forwarded-For: 192.0.2.1`; only what the proxies in front of this service
/// appended is evidence. So the chain is read from its right end, and no further than trust goes.
/// What cannot be found out is a [`KeyError`]: the nearest proxy's own address is never returned in
/// place of a client's, else one client behind it could use up the limit of all.
///
/// The peer is the address of the TCP connection, or the source that a PROXY protocol header gave.
///
/// ```
/// use eaves_ratelimit::key::{ClientAddress, Trust};
/// use http::HeaderMap;
///
/// let clients = ClientAddress::new(Trust::Hops(1)); // one load balancer in front
/// let mut headers = HeaderMap::new();
/// headers.insert("x-forwarded-for", "6.6.6.6, 198.51.100.7".parse()?);
/// let found = clients.find("10.0.0.1".parse()?, &headers)?;
/// assert_eq!(found.to_string(), "198.51.100.7"); // the left part is what the client claims
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAddress {
    trust: Trust,
    field: Field,
}

impl ClientAddress {
    /// Makes a finder that reads `X-Forwarded-For`.
    #[must_use]
    pub const fn new(trust: Trust) -> Self {
        Self {
            trust,
            field: Field::XForwardedFor,
        }
    }

    /// Reads another field.
    #[must_use]
    pub fn field(self, field: Field) -> Self {
        Self { field, ..self }
    }

    /// Finds the client; IPv4-mapped addresses come out as IPv4.
    ///
    /// # Errors
    ///
    /// If trusted proxies stand in front and what they wrote does not name a client: the chain is
    /// too short or too long, malformed or hidden where it matters, or of proxies only.
    pub fn find(&self, peer: IpAddr, headers: &HeaderMap) -> Result<IpAddr, KeyError> {
        match &self.trust {
            Trust::Hops(0) => Ok(peer.to_canonical()),
            Trust::Hops(hops) => self.chain(headers).at(usize::from(*hops)),
            Trust::Proxies(proxies) => {
                let trusts = |addr| proxies.iter().any(|prefix| prefix.contains(addr));
                if !trusts(peer) {
                    return Ok(peer.to_canonical());
                }
                first_stranger(&self.chain(headers), trusts)
            }
        }
    }

    fn chain<'a>(&self, headers: &'a HeaderMap) -> Chain<'a> {
        match &self.field {
            Field::Forwarded => Chain::forwarded(headers),
            Field::List(name) => Chain::list(headers, name),
            Field::XForwardedFor => {
                Chain::list(headers, &HeaderName::from_static("x-forwarded-for"))
            }
        }
    }
}

/// Which part of the way is trusted.
///
/// ```
/// use eaves_ratelimit::key::Trust;
///
/// let behind_a_cdn_and_a_balancer = Trust::Hops(2);
/// let by_address = Trust::Proxies(vec!["10.0.0.0/8".parse()?, "fd00::/8".parse()?]);
/// # assert_ne!(behind_a_cdn_and_a_balancer, by_address);
/// # Ok::<(), eaves_common::units::UnitError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// So many proxies stand in front, each of which appends the address it was called from; 0
    /// means that the peer is the client. At most 16.
    Hops(u8),
    /// The proxies have addresses in these blocks; the first address from the right outside of
    /// them is the client's.
    Proxies(Vec<IpPrefix>),
}

/// Where proxies write whom they were called by.
///
/// ```
/// use eaves_ratelimit::key::{ClientAddress, Field, Trust};
/// use http::HeaderMap;
///
/// let clients = ClientAddress::new(Trust::Hops(1)).field(Field::Forwarded);
/// let mut headers = HeaderMap::new();
/// headers.insert("forwarded", "for=\"[2001:db8::7]:4711\";proto=https".parse()?);
/// assert_eq!(clients.find("10.0.0.1".parse()?, &headers)?.to_string(), "2001:db8::7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// A field of this name that lists addresses as `X-Forwarded-For` does, or holds just one.
    List(HeaderName),
    /// `X-Forwarded-For`.
    XForwardedFor,
}

impl Field {
    /// Returns the field's name.
    #[must_use]
    pub fn name(&self) -> HeaderName {
        match self {
            Self::Forwarded => header::FORWARDED,
            Self::List(name) => name.clone(),
            Self::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
        }
    }
}

fn first_stranger(chain: &Chain<'_>, trusts: impl Fn(IpAddr) -> bool) -> Result<IpAddr, KeyError> {
    for place in 1..=chain.len().min(MOST_HOPS) {
        let addr = chain.at(place)?;
        if !trusts(addr) {
            return Ok(addr);
        }
    }
    if chain.len() > MOST_HOPS {
        return Err(KeyError::TooManyHops { most: MOST_HOPS });
    }
    Err(KeyError::AllTrusted { found: chain.len() })
}
