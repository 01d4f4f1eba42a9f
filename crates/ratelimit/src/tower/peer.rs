//! [`Peer`]: who is at the other end of the connection.

use std::net::{IpAddr, SocketAddr};

use http::Extensions;

/// Finds the connection's peer in a request's extensions, where servers put it.
///
/// Any function of them will do; in axum
/// `|found: &Extensions| Some(found.get::<ConnectInfo<SocketAddr>>()?.0.ip())`. Behind a balancer that
/// speaks the PROXY protocol, the peer is the source that its header gives.
///
/// ```
/// use std::net::IpAddr;
/// use eaves_ratelimit::tower::Peer;
///
/// let by_type = |found: &http::Extensions| found.get::<IpAddr>().copied();
/// let mut extensions = http::Extensions::new();
/// extensions.insert::<IpAddr>("192.0.2.1".parse()?);
/// assert_eq!(by_type.of(&extensions), Some("192.0.2.1".parse()?));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub trait Peer {
    /// Returns the peer's address, if it is there.
    fn of(&self, extensions: &Extensions) -> Option<IpAddr>;
}

impl<F: Fn(&Extensions) -> Option<IpAddr>> Peer for F {
    fn of(&self, extensions: &Extensions) -> Option<IpAddr> {
        self(extensions)
    }
}

/// Finds the peer where it stands as a `SocketAddr`.
///
/// ```
/// use eaves_ratelimit::tower::{Peer, SocketPeer};
///
/// assert_eq!(SocketPeer.of(&http::Extensions::new()), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketPeer;

impl Peer for SocketPeer {
    fn of(&self, extensions: &Extensions) -> Option<IpAddr> {
        extensions.get::<SocketAddr>().map(SocketAddr::ip)
    }
}
