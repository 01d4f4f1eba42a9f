//! [`Receipt`]: what a purge came to.

use crate::store::Synced;

/// What a purge came to. From the moment it is there, nothing that was asked for before is served.
///
/// ```
/// use eaves_cache::purge::{Purge, Purges, Scope};
/// use eaves_common::time::Wall;
///
/// let purges = Purges::new(Wall::ZERO);
/// let receipt = purges.issue(&Purge::tag("news"), Wall::from_secs(9));
/// assert_eq!((receipt.epoch(), receipt.scope()), (9_000_000_000, Scope::AsAsked));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Receipt {
    pub(super) epoch: u64,
    pub(super) scope: Scope,
    pub(crate) removed: bool,
    pub(crate) synced: Synced,
}

/// How much was purged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "as asked, or more")]
pub enum Scope {
    /// What was asked for, but for texts that hash alike.
    AsAsked,
    /// More: the list of prefixes and patterns was full, and two of them became one.
    Wider,
}

impl Receipt {
    /// Returns the epoch: what was asked for at or after it is not concerned.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Returns how much was purged.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// Says whether something was removed at once, as the hard purge of a URL does. What other purges concern is found
    /// when it is looked up, and counted then.
    #[must_use]
    pub const fn removed(&self) -> bool {
        self.removed
    }

    /// Returns a future that is ready when the purge would survive a crash: at once if nothing stored would.
    pub fn durable(&self) -> Synced {
        self.synced.clone()
    }
}
