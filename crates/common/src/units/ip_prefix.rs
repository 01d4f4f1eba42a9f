//! [`IpPrefix`]: `10.0.0.0/8`.

use alloc::{boxed::Box, string::ToString};
use core::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;

use super::UnitError;

/// A block of addresses; IPv4-mapped IPv6 counts as the IPv4 it stands for, on both sides.
///
/// Reads `10.0.0.0/8`, and an address alone as a block of one. `::ffff:10.0.0.0/104` is
/// `10.0.0.0/8`. No IPv6 block contains an IPv4 address, however it is written.
///
/// ```
/// use eaves_common::units::IpPrefix;
///
/// let trusted: IpPrefix = "10.0.0.0/8".parse()?;
/// assert!(trusted.contains("10.1.2.3".parse().unwrap()));
/// assert!(trusted.contains("::ffff:10.1.2.3".parse().unwrap()));
/// assert_eq!(IpPrefix::of("2001:db8::1".parse().unwrap(), 64)?.to_string(), "2001:db8::/64");
/// # Ok::<(), eaves_common::units::UnitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IpPrefix(IpNet);

impl IpPrefix {
    /// Makes the block of the addresses that share their first `len` bits with `addr`.
    ///
    /// An IPv4-mapped address with 96 bits or more gives the IPv4 block of `len - 96`.
    ///
    /// # Errors
    /// [`UnitError::Range`] if the address has fewer than `len` bits.
    pub fn of(addr: IpAddr, len: u8) -> Result<Self, UnitError> {
        let canonical = addr.to_canonical();
        let (addr, len) = match (addr, canonical) {
            (IpAddr::V6(_), IpAddr::V4(_)) if len >= MAPPED => (canonical, len - MAPPED),
            _ => (addr, len),
        };
        match IpNet::new(addr, len) {
            Ok(net) => Ok(Self(net.trunc())),
            Err(_) => Err(too_long(addr, 0, &len.to_string())),
        }
    }

    /// Makes the block that `addr` is counted under: of `v4_len` bits if it is IPv4, mapped or
    /// not, else of `v6_len` bits. A length beyond the address's means the whole address.
    #[must_use]
    pub fn aggregate(addr: IpAddr, v4_len: u8, v6_len: u8) -> Self {
        let addr = addr.to_canonical();
        let whole = IpNet::from(addr);
        let wanted = if addr.is_ipv4() { v4_len } else { v6_len };
        let net = IpNet::new(addr, wanted.min(whole.max_prefix_len())).unwrap_or(whole);
        Self(net.trunc())
    }

    /// Says whether `addr` is in this block.
    #[must_use]
    pub fn contains(&self, addr: IpAddr) -> bool {
        self.0.contains(&addr.to_canonical())
    }

    /// Returns the first address of the block.
    #[must_use]
    pub fn network(&self) -> IpAddr {
        self.0.network()
    }

    /// Returns the last address of the block.
    #[must_use]
    pub fn last(&self) -> IpAddr {
        self.0.broadcast()
    }

    /// Returns how many leading bits the addresses of the block share.
    #[must_use]
    pub fn prefix_len(&self) -> u8 {
        self.0.prefix_len()
    }
}

impl From<IpAddr> for IpPrefix {
    fn from(addr: IpAddr) -> Self {
        Self(addr.to_canonical().into())
    }
}

impl fmt::Display for IpPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for IpPrefix {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let trimmed = text.trim();
        let start = text.len() - text.trim_start().len();
        let (addr, len) = match trimmed.split_once('/') {
            Some((addr, len)) => (addr, Some(len)),
            None => (trimmed, None),
        };
        let address: IpAddr = addr.parse().map_err(|_| UnitError::Expected {
            at: start,
            expected: "an IP address or prefix",
            example: "10.0.0.0/8",
        })?;
        let Some(len) = len else {
            return Ok(address.into());
        };
        let len_at = start + addr.len() + 1;
        let bits = parse_len(len, len_at, address)?;
        let prefix = Self::of(address, bits)?;
        if prefix.network() != address.to_canonical() {
            return Err(UnitError::HostBits {
                found: Box::from(trimmed),
                len: bits,
                meant: prefix.to_string().into(),
            });
        }
        Ok(prefix)
    }
}

fn parse_len(text: &str, at: usize, addr: IpAddr) -> Result<u8, UnitError> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(UnitError::Expected {
            at,
            expected: "a prefix length",
            example: "10.0.0.0/8",
        });
    }
    match text.parse() {
        Ok(len) if len <= IpNet::from(addr).max_prefix_len() => Ok(len),
        _ => Err(too_long(addr, at, text)),
    }
}

fn too_long(addr: IpAddr, at: usize, found: &str) -> UnitError {
    UnitError::Range {
        at,
        found: found.into(),
        range: match addr {
            IpAddr::V4(_) => "a length of 0 to 32",
            IpAddr::V6(_) => "a length of 0 to 128",
        },
    }
}

/// Bits before the IPv4 address in a mapped one (RFC 4291 section 2.5.5.2).
const MAPPED: u8 = 96;

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn mapped_addresses_are_the_ones_they_stand_for() {
        for (text, printed) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.0.0.1", "10.0.0.1/32"),
            ("::ffff:10.0.0.1", "10.0.0.1/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            (" 2001:db8::/32 ", "2001:db8::/32"),
            ("::/0", "::/0"),
        ] {
            let prefix: IpPrefix = text.parse().unwrap();
            assert_eq!(prefix.to_string(), printed, "{text}");
        }
    }

    #[test]
    fn families_do_not_contain_one_another() {
        let all_v6: IpPrefix = "::/0".parse().unwrap();
        let all_v4: IpPrefix = "0.0.0.0/0".parse().unwrap();
        assert!(all_v6.contains(addr("2001:db8::1")) && all_v4.contains(addr("192.0.2.1")));
        assert!(all_v4.contains(addr("::ffff:192.0.2.1")));
        assert!(!all_v6.contains(addr("::ffff:192.0.2.1")));
        assert!(!all_v4.contains(addr("2001:db8::1")));
    }

    #[test]
    fn an_address_is_counted_under_its_family() {
        for (text, block) in [
            ("192.0.2.9", "192.0.2.9/32"),
            ("::ffff:192.0.2.9", "192.0.2.9/32"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(IpPrefix::aggregate(addr(text), 32, 64).to_string(), block);
        }
        assert_eq!(IpPrefix::aggregate(addr("::1"), 255, 255).prefix_len(), 128);
    }

    #[test]
    fn a_block_knows_its_ends() {
        let block = IpPrefix::of(addr("192.0.2.200"), 25).unwrap();
        assert_eq!(
            (block.network(), block.last()),
            (addr("192.0.2.128"), addr("192.0.2.255"))
        );
        assert!(IpPrefix::of(addr("192.0.2.1"), 33).is_err());
    }

    #[test]
    fn a_mistake_says_what_to_write() {
        for (text, at, message) in [
            (
                "10.0.0/8",
                0,
                "expected an IP address or prefix, write for example `10.0.0.0/8`",
            ),
            (
                "10.0.0.0/",
                9,
                "expected a prefix length, write for example `10.0.0.0/8`",
            ),
            (
                "10.0.0.0/+8",
                9,
                "expected a prefix length, write for example `10.0.0.0/8`",
            ),
            (
                "10.0.0.0/33",
                9,
                "33 is out of range, use a length of 0 to 32",
            ),
            ("::/129", 3, "129 is out of range, use a length of 0 to 128"),
            (
                "10.0.0.1/8",
                0,
                "10.0.0.1/8 has bits set after its first 8, did you mean `10.0.0.0/8`?",
            ),
            (
                "2001:db8::1/64",
                0,
                "2001:db8::1/64 has bits set after its first 64, did you mean `2001:db8::/64`?",
            ),
        ] {
            let error = text.parse::<IpPrefix>().unwrap_err();
            assert_eq!(
                (error.at(), error.to_string().as_str()),
                (at, message),
                "{text}"
            );
        }
    }
}
