//! [`Algorithm`]: how a selector chooses among those that may be picked.

use crate::pool::Table;

/// How a selector chooses. Each respects weights, skips who is down and answers in bounded time.
///
/// ```
/// use eaves_health::Algorithm;
///
/// assert!(Algorithm::Maglev.uses_keys());
/// assert!(!Algorithm::PowerOfTwo.uses_keys());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Algorithm {
    /// By key as maglev does, but nobody gets more than 1.25 times its share of what is in flight.
    BoundedLoad,
    /// By key on a ring of 160 to 320 points an origin.
    Ketama,
    /// Looks at all and takes the one with the least in flight for its weight: exact, but its time grows with the pool.
    LeastLoaded,
    /// By key from a table with nearly equal shares.
    Maglev,
    /// Draws two and takes the one that promises the earlier answer, by what is in flight and the
    /// latest peaks of latency.
    PeakEwma,
    /// Draws two and takes the one with less in flight for its weight: close to the best balance at the cost of
    /// two draws.
    #[default]
    PowerOfTwo,
    /// Draws one.
    Random,
    /// By key, scoring all: no table to build, but its time grows with the pool.
    Rendezvous,
    /// Takes turns, the heavy ones more often and evenly spread; each selector counts for itself.
    RoundRobin,
}

impl Algorithm {
    /// Says whether it sends a key to the same origin every time; see [`Selector::pick_for`](crate::Selector::pick_for).
    #[must_use]
    pub const fn uses_keys(self) -> bool {
        self.table().is_some()
    }

    pub(crate) const fn table(self) -> Option<Table> {
        match self {
            Self::BoundedLoad => Some(Table::Bounded),
            Self::Ketama => Some(Table::Ketama),
            Self::Maglev => Some(Table::Maglev),
            Self::Rendezvous => Some(Table::Rendezvous),
            _ => None,
        }
    }
}
