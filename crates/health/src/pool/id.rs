//! [`OriginId`], which lasts, and [`Slot`], which is an index.

use core::fmt;

/// The name of an origin inside one pool: given once, never reused, kept through every edit of
/// its address, weight or state.
///
/// ```
/// use eaves_health::OriginId;
///
/// assert_eq!(OriginId::new(7).to_string(), "origin#7");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct OriginId(u64);

impl OriginId {
    /// Makes the id with this number; a pool hands them out in order, from 0.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for OriginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "origin#{}", self.0)
    }
}

/// The place of an origin in the pool's tables. It is given to another origin once its own has
/// left and the last request to it has ended, so it means something only beside a snapshot.
///
/// ```
/// use eaves_health::pool::Slot;
///
/// assert_eq!(Slot::new(3).index(), 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(u32);

impl Slot {
    /// Makes the slot with this index.
    #[must_use]
    pub const fn new(index: u32) -> Self {
        Self(index)
    }

    /// Returns the index into tables by slot.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}
