//! [`Kind`]: what an answer says; [`Action`]: what becomes of it.

/// What an answer says, in as far as answers that say the same are counted together.
///
/// A name is any bytes that stand for it, such as its wire form, with the case folded: resolvers
/// vary it at will.
///
/// ```
/// use eaves_ratelimit::rrl::Kind;
///
/// // All names below a wildcard are one, and so are all names that a zone does not have.
/// let wildcard = Kind::Answer { name: b"\x01*\x07example\x00" };
/// let missing = Kind::NoSuchName { zone: b"\x07example\x00" };
/// assert_ne!(wildcard, missing);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind<'a> {
    /// Records, or that there are none of the type asked for.
    Answer {
        /// The name asked for; that of the wildcard, if one made the answer.
        name: &'a [u8],
    },
    /// A failure: FORMERR, SERVFAIL, REFUSED and their like.
    Error,
    /// NXDOMAIN.
    NoSuchName {
        /// The zone that lacks the name.
        zone: &'a [u8],
    },
    /// A delegation.
    Referral {
        /// The zone that is delegated.
        zone: &'a [u8],
    },
}

/// What becomes of an answer.
///
/// ```
/// use eaves_ratelimit::rrl::Action;
///
/// fn datagram(action: Action, whole: Vec<u8>, truncated: Vec<u8>) -> Option<Vec<u8>> {
///     match action {
///         Action::Send => Some(whole),
///         Action::Truncate => Some(truncated),
///         Action::Drop => None,
///     }
/// }
/// # assert_eq!(datagram(Action::Drop, vec![], vec![]), None);
/// ```
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Send nothing.
    Drop,
    /// Send it.
    Send,
    /// Send the question back with TC set and no records: whoever is real asks again over TCP.
    Truncate,
}
