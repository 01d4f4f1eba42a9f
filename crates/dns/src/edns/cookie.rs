//! DNS cookies (RFC 7873) and server cookies that several servers share (RFC 9018).

use core::{fmt, hash::Hasher as _, net::IpAddr};

use siphasher::sip::SipHasher24;

use crate::error::WireError;

/// How long a server cookie is taken after it was made, and how far it may lie in the future, in
/// seconds (RFC 9018 section 4.3).
const MAX_AGE: i32 = 3600;
const MAX_AHEAD: i32 = 300;
/// From this age on, a valid cookie is answered with another.
const RENEW_AGE: i32 = 1800;

/// A client cookie of 8 octets, and perhaps a server cookie of 8 to 32.
///
/// ```
/// use eaves_dns::edns::Cookie;
///
/// let cookie = Cookie::from_client([1; 8]);
/// assert_eq!(Cookie::from_wire(cookie.as_wire())?, cookie);
/// assert!(Cookie::from_wire(&[0; 12]).is_err());
/// # Ok::<(), eaves_dns::WireError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cookie {
    octets: [u8; 40],
    len: u8,
}

impl Cookie {
    /// Takes a client cookie.
    #[must_use]
    pub fn from_client(client: [u8; 8]) -> Self {
        let mut octets = [0; 40];
        octets[..8].copy_from_slice(&client);
        Self { octets, len: 8 }
    }

    /// Takes the option's octets.
    ///
    /// # Errors
    /// When they are not 8, nor 16 to 40 (RFC 7873 section 5.2.2).
    pub fn from_wire(wire: &[u8]) -> Result<Self, WireError> {
        if !matches!(wire.len(), 8 | 16..=40) {
            return Err(WireError::Invalid {
                at: 0,
                what: "cookie is not 8 or 16 to 40 octets long",
            });
        }
        let mut octets = [0; 40];
        octets[..wire.len()].copy_from_slice(wire);
        Ok(Self {
            octets,
            len: wire.len() as u8,
        })
    }

    /// Returns the option's octets.
    #[must_use]
    pub fn as_wire(&self) -> &[u8] {
        &self.octets[..usize::from(self.len)]
    }

    /// Returns the client cookie.
    #[must_use]
    pub fn client(&self) -> [u8; 8] {
        let mut client = [0; 8];
        client.copy_from_slice(&self.octets[..8]);
        client
    }

    /// Returns the server cookie, if there is one.
    #[must_use]
    pub fn server(&self) -> Option<&[u8]> {
        self.as_wire().get(8..).filter(|server| !server.is_empty())
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_wire()
            .iter()
            .try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// The secret that server cookies are made with; servers of one address share it.
///
/// ```
/// use eaves_dns::edns::{Cookie, CookieSecret, CookieVerdict};
///
/// let secret = CookieSecret::new([7; 16]);
/// let client = [192, 0, 2, 1].into();
/// let cookie = secret.make([1; 8], client, 1_000_000);
/// assert_eq!(secret.check(&cookie, client, 1_000_010), CookieVerdict::Valid);
/// assert_eq!(secret.check(&cookie, [192, 0, 2, 2].into(), 1_000_010), CookieVerdict::Invalid);
/// ```
#[derive(Clone)]
pub struct CookieSecret([u8; 16]);

/// What a server thinks of a cookie.
///
/// ```
/// use eaves_dns::edns::CookieVerdict;
///
/// assert_ne!(CookieVerdict::Missing, CookieVerdict::Invalid);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CookieVerdict {
    /// There is a client cookie only.
    Missing,
    /// Made with another secret, for another client, or at another time.
    Invalid,
    /// Good, and old enough to be answered with another.
    Renew,
    /// Good.
    Valid,
}

impl CookieSecret {
    /// Takes a secret.
    #[must_use]
    pub fn new(secret: [u8; 16]) -> Self {
        Self(secret)
    }

    /// Makes the cookie for a client, at a time in seconds since 1970.
    #[must_use]
    pub fn make(&self, client: [u8; 8], address: IpAddr, now: u32) -> Cookie {
        let mut octets = [0; 40];
        octets[..8].copy_from_slice(&client);
        octets[8] = 1;
        octets[12..16].copy_from_slice(&now.to_be_bytes());
        let hash = self.hash(&octets[..16], address);
        octets[16..24].copy_from_slice(&hash);
        Cookie { octets, len: 24 }
    }

    /// Checks a client's cookie, at a time in seconds since 1970.
    #[must_use]
    pub fn check(&self, cookie: &Cookie, address: IpAddr, now: u32) -> CookieVerdict {
        let Some(server) = cookie.server() else {
            return CookieVerdict::Missing;
        };
        let [1, _, _, _, t0, t1, t2, t3, hash @ ..] = server else {
            return CookieVerdict::Invalid;
        };
        let expected = self.hash(&cookie.as_wire()[..16], address);
        let is_same = hash.len() == 8
            && hash
                .iter()
                .zip(expected)
                .fold(0, |all, (a, b)| all | (a ^ b))
                == 0;
        // Serial number arithmetic (RFC 1982), as the RFC asks.
        let age = now.wrapping_sub(u32::from_be_bytes([*t0, *t1, *t2, *t3])) as i32;
        if !is_same || !(-MAX_AHEAD..=MAX_AGE).contains(&age) {
            return CookieVerdict::Invalid;
        }
        if age >= RENEW_AGE {
            CookieVerdict::Renew
        } else {
            CookieVerdict::Valid
        }
    }

    /// SipHash-2-4 of client cookie, version, reserved octets, time and address (section 4.4).
    fn hash(&self, head: &[u8], address: IpAddr) -> [u8; 8] {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(head);
        match address {
            IpAddr::V4(v4) => hasher.write(&v4.octets()),
            IpAddr::V6(v6) => hasher.write(&v6.octets()),
        }
        hasher.finish().to_le_bytes()
    }
}

impl fmt::Debug for CookieSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieSecret(..)")
    }
}
