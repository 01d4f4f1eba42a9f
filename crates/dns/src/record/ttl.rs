//! Times to live.

use core::{fmt, str::FromStr, time::Duration};

use crate::{error::TextError, text::mnemonic};

/// A time to live in seconds, at most 2^31 - 1 (RFC 2181 section 8).
///
/// ```
/// use eaves_dns::Ttl;
///
/// assert_eq!("1h30m".parse(), Ok(Ttl::from_secs(5400)));
/// assert_eq!(Ttl::from_wire(0x8000_0000), Ttl::ZERO);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ttl(u32);

impl Ttl {
    /// Not to be kept.
    pub const ZERO: Self = Self(0);
    /// The longest.
    pub const MAX: Self = Self(i32::MAX as u32);

    /// Takes seconds; what is above [`Ttl::MAX`] becomes that.
    #[must_use]
    pub const fn from_secs(seconds: u32) -> Self {
        if seconds > Self::MAX.0 {
            Self::MAX
        } else {
            Self(seconds)
        }
    }

    /// Takes a received value: with the top bit set it counts as zero (RFC 2181 section 8).
    #[must_use]
    #[inline]
    pub const fn from_wire(seconds: u32) -> Self {
        if seconds > Self::MAX.0 {
            Self::ZERO
        } else {
            Self(seconds)
        }
    }

    /// Returns the seconds.
    #[must_use]
    pub const fn as_secs(self) -> u32 {
        self.0
    }

    /// Reads seconds, or numbers with the units `w d h m s`.
    pub(crate) fn from_token(text: &[u8]) -> Option<Self> {
        let seconds = mnemonic::period(text)?;
        (seconds <= Self::MAX.0).then_some(Self(seconds))
    }
}

impl From<Ttl> for Duration {
    fn from(ttl: Ttl) -> Self {
        Self::from_secs(ttl.0.into())
    }
}

impl FromStr for Ttl {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::from_token(text.as_bytes()).ok_or_else(|| TextError::invalid(0, "not a TTL"))
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
