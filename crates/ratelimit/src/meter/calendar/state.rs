//! [`CalendarState`]: what is used of a quota, and until when; [`Snapshot`]: the same for a disk.

use eaves_common::time::Wall;

/// What a [`Calendar`](super::Calendar) remembers of a key, in 24 bytes.
///
/// ```
/// use eaves_common::time::Wall;
/// use eaves_ratelimit::meter::CalendarState;
///
/// assert_eq!(CalendarState::default().end(), Wall::ZERO); // of a period long gone
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CalendarState {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) used: u64,
}

impl CalendarState {
    /// Returns when the period began.
    #[must_use]
    pub const fn start(&self) -> Wall {
        Wall::from_secs(self.start)
    }

    /// Returns when the next period begins.
    #[must_use]
    pub const fn end(&self) -> Wall {
        Wall::from_secs(self.end)
    }

    /// Returns what is worth keeping over a restart.
    #[must_use]
    pub const fn snapshot(&self) -> Snapshot {
        Snapshot {
            start: self.start(),
            used: self.used,
        }
    }
}

/// What a key has used of its quota since when: plain data for a file or a database.
///
/// ```
/// use eaves_common::time::Wall;
/// use eaves_ratelimit::meter::{Calendar, Meter, Period, Zone};
///
/// let quota = Calendar::new(1_000, Period::Month, Zone::UTC);
/// let mut client = quota.fresh();
/// let now = Wall::from_secs(1_700_000_000);
/// quota.charge(&mut client, 400, now);
/// let saved = client.snapshot();
/// // ... the process restarts ...
/// let client = quota.restore(saved);
/// assert_eq!(quota.remaining(&client, now), 600);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Snapshot {
    /// When the period began.
    pub start: Wall,
    /// How many units were used in it.
    pub used: u64,
}
