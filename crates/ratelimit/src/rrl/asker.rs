//! [`Asker`]: where an answer would go, and whether that is known.

use std::net::IpAddr;

/// Who an answer is for.
///
/// ```
/// use eaves_ratelimit::rrl::Asker;
///
/// let address: std::net::IpAddr = "198.51.100.7".parse()?;
/// assert_eq!(Asker::from(address), Asker::Claimed(address));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Asker {
    /// A datagram says that it comes from there, as anybody's may.
    Claimed(IpAddr),
    /// The query bore a server cookie that this server made for the address, and that is still good
    /// (RFC 7873 section 5.2.5): whoever asks gets what goes there. The caller has verified it.
    Proven(IpAddr),
}

impl From<IpAddr> for Asker {
    fn from(address: IpAddr) -> Self {
        Self::Claimed(address)
    }
}
