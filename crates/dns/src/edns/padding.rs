//! How much to pad (RFC 8467).

/// How messages are padded, so that their lengths tell less.
///
/// ```
/// use eaves_dns::edns::PaddingPolicy;
///
/// assert_eq!(PaddingPolicy::QUERY.padding(40, 65_535), Some(84));
/// assert_eq!(PaddingPolicy::RESPONSE.padding(464, 65_535), Some(0));
/// assert_eq!(PaddingPolicy::None.padding(40, 65_535), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PaddingPolicy {
    /// Not at all (RFC 8467 appendix A.1).
    None,
    /// To a multiple of as many octets (section 4.1).
    Block(u16),
    /// To the most that is allowed (appendix A.3).
    Maximal,
}

impl PaddingPolicy {
    /// What clients should do: blocks of 128 octets.
    pub const QUERY: Self = Self::Block(128);
    /// What servers should do: blocks of 468 octets.
    pub const RESPONSE: Self = Self::Block(468);

    /// Returns how many octets the padding option holds, in a message that has `len` octets without
    /// the option and may have `limit`; `None` if there should be no option, or has no room.
    #[must_use]
    pub fn padding(self, len: usize, limit: usize) -> Option<u16> {
        let with_option = len + 4;
        let room = limit.checked_sub(with_option)?;
        let wanted = match self {
            Self::None => return None,
            Self::Block(0) => 0,
            Self::Block(block) => with_option.next_multiple_of(usize::from(block)) - with_option,
            Self::Maximal => room,
        };
        Some(wanted.min(room).min(usize::from(u16::MAX)) as u16)
    }
}
