//! [`Table`]: cells of either width behind one interface in debts.

use std::{fmt, str::FromStr};

use super::{
    memory::Pages,
    narrow::Narrow,
    scale::Scale,
    seen::{Cells, Seen},
    wide::{self, Wide},
};
use crate::{error::BuildError, key::KeyHash, sync::Stripes};

/// A fixed number of cells for the debts of one rule.
#[derive(Debug)]
pub(crate) struct Table {
    cells: Either,
    /// One number, which every check of a flood in a full table changes.
    evicted: Stripes<1>,
}

#[derive(Debug)]
enum Either {
    Narrow(Narrow),
    Wide(Wide),
}

impl Table {
    pub(crate) fn new(capacity: Capacity, scale: &Scale) -> Self {
        Self::in_pages(capacity, scale, Pages::WANTED)
    }

    /// Takes the memory in these pages, if they are to be had and the cells are narrow.
    pub(crate) fn in_pages(capacity: Capacity, scale: &Scale, pages: Pages) -> Self {
        let horizon = scale.horizon();
        let cells = match scale.width() {
            Width::Narrow => Either::Narrow(Narrow::new(capacity.0, horizon, pages)),
            Width::Wide => Either::Wide(Wide::new(capacity.0.div_ceil(wide::WAYS), horizon)),
        };
        Self {
            cells,
            evicted: Stripes::new(),
        }
    }

    /// Makes a table for whoever keeps time by itself, in 64 bits from some zero: `now` is 0, and a
    /// debt is the TAT.
    #[cfg(feature = "governor")]
    pub(crate) fn timeless(capacity: Capacity) -> Self {
        let cells = Either::Wide(Wide::new(capacity.0.div_ceil(wide::WAYS), wide::FURTHEST));
        Self {
            cells,
            evicted: Stripes::new(),
        }
    }

    /// Empties the cells that owe less than this.
    #[cfg(feature = "governor")]
    pub(crate) fn forget_below(&self, debt: u64) {
        if let Either::Wide(cells) = &self.cells {
            cells.forget_below(debt);
        }
    }

    /// Copies the table into one of other ticks, each debt converted, at a moment that is `from` here
    /// and `to` there.
    pub(crate) fn carried(
        &self,
        (from, to): (u64, u64),
        horizon: u64,
        convert: impl Fn(u64) -> u64,
    ) -> Self {
        let cells = match &self.cells {
            Either::Narrow(cells) => Either::Narrow(cells.carried((from, to), horizon, convert)),
            Either::Wide(cells) => Either::Wide(cells.carried((from, to), horizon, convert)),
        };
        let mut evicted = Stripes::new();
        evicted.start_at(0, self.evicted.sum(0));
        Self { cells, evicted }
    }

    /// Reads what the key owes and, if `judge` says so, gives it another debt; both anew as often as
    /// another thread is faster. The time is asked for right before the key's cell.
    #[inline]
    pub(crate) fn update<R>(
        &self,
        key: KeyHash,
        now: impl Fn() -> u64,
        judge: impl Fn(u64) -> (Option<u64>, R),
    ) -> R {
        match &self.cells {
            Either::Narrow(cells) => self.update_in(cells, key, now, judge),
            Either::Wide(cells) => self.update_in(cells, key, now, judge),
        }
    }

    #[inline]
    fn update_in<R>(
        &self,
        cells: &impl Cells,
        key: KeyHash,
        now: impl Fn() -> u64,
        judge: impl Fn(u64) -> (Option<u64>, R),
    ) -> R {
        loop {
            let (seen, now) = cells.read(key.as_u64(), &now);
            let (debt, answer) = judge(seen.debt());
            let Some(debt) = debt else {
                return answer;
            };
            if cells.write(key.as_u64(), now, &seen, debt, || self.evicted.count(0)) {
                return answer;
            }
        }
    }

    /// Loads a word of each key's bucket, so that their cache lines come together. What it returns means
    /// nothing.
    #[inline]
    pub(crate) fn touch(&self, keys: &[KeyHash]) -> u64 {
        let keys = keys.iter().map(|key| key.as_u64());
        match &self.cells {
            Either::Narrow(cells) => keys.fold(0, |sum, key| sum ^ cells.touch(key)),
            Either::Wide(cells) => keys.fold(0, |sum, key| sum ^ cells.touch(key)),
        }
    }

    /// Looks a key up; writes nothing.
    #[inline]
    pub(crate) fn read(&self, key: KeyHash, now: u64) -> Seen {
        match &self.cells {
            Either::Narrow(cells) => cells.read(key.as_u64(), || now).0.map(u128::from),
            Either::Wide(cells) => cells.read(key.as_u64(), || now).0,
        }
    }

    /// Gives the key this debt, unless its cell has changed since it was `seen`.
    #[inline]
    pub(crate) fn write(&self, key: KeyHash, now: u64, seen: &Seen, debt: u64) -> bool {
        let evicted = || self.evicted.count(0);
        match &self.cells {
            Either::Narrow(cells) => {
                let seen = seen.map(|word| word as u64);
                cells.write(key.as_u64(), now, &seen, debt, evicted)
            }
            Either::Wide(cells) => cells.write(key.as_u64(), now, seen, debt, evicted),
        }
    }

    /// Counts the cells; walks the whole table.
    pub(crate) fn occupancy(&self, now: u64) -> Occupancy {
        let evicted = self.evicted.sum(0);
        match &self.cells {
            Either::Narrow(cells) => Occupancy {
                cells: cells.cells(),
                owing: cells.owing(now),
                bytes: cells.bytes(),
                evicted,
                pages: cells.pages(),
            },
            Either::Wide(cells) => Occupancy {
                cells: cells.cells(),
                owing: cells.owing(now),
                bytes: cells.bytes(),
                evicted,
                pages: Pages::Ordinary,
            },
        }
    }
}

/// How many keys a table can tell apart at once.
///
/// Memory is taken for all of them when the table is built: 8.25 bytes each in
/// [narrow](Width::Narrow) cells, 16 in [wide](Width::Wide) ones. Ten times the number of keys
/// that owe something at the same time keeps evictions of honest keys out of sight.
///
/// With the feature `huge-pages`, narrow cells of 2 MiB or more (262,144 of them) are in a mapping of their
/// own for which Linux is asked for huge pages; smaller ones would waste the rest of such a page. Where it
/// refuses, and elsewhere, they are in ordinary pages and do the same: [`Occupancy::pages`] tells.
///
/// ```
/// use eaves_ratelimit::table::Capacity;
///
/// let capacity = Capacity::new(65_536)?;
/// assert_eq!(capacity.cells(), 65_536);
/// assert!(Capacity::new(0).is_err());
/// # Ok::<(), eaves_ratelimit::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(into = "usize"))]
pub struct Capacity(usize);

impl Capacity {
    /// Fewest cells of a table.
    pub const MIN: Self = Self(8);
    /// Most cells of a table.
    pub const MAX: Self = Self(1 << 30);

    /// Checks a number of cells.
    ///
    /// # Errors
    ///
    /// If it is not within [`MIN`](Self::MIN) and [`MAX`](Self::MAX).
    pub const fn new(cells: usize) -> Result<Self, BuildError> {
        if cells < Self::MIN.0 || cells > Self::MAX.0 {
            return Err(BuildError::Capacity { cells });
        }
        Ok(Self(cells))
    }

    /// Returns the number of cells asked for; a table rounds it up to whole buckets.
    #[must_use]
    pub const fn cells(self) -> usize {
        self.0
    }
}

impl TryFrom<usize> for Capacity {
    type Error = BuildError;

    fn try_from(cells: usize) -> Result<Self, BuildError> {
        Self::new(cells)
    }
}

impl FromStr for Capacity {
    type Err = BuildError;

    fn from_str(text: &str) -> Result<Self, BuildError> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let cells = is_plain.then(|| text.parse().ok()).flatten();
        let unknown = || BuildError::Cells {
            text: text.to_owned(),
        };
        Self::new(cells.ok_or_else(unknown)?)
    }
}

impl From<Capacity> for usize {
    fn from(capacity: Capacity) -> Self {
        capacity.0
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cells", self.0)
    }
}

/// How large a cell is, and with it how sure a table is whose cell it looks at.
///
/// Two keys are taken for one if they share bucket and fingerprint; they then share a budget. A
/// lookup meets up to eight other keys, so with 24 bits its odds are 8 / 2^24, one in two million,
/// however many keys there are; with 64 bits one in 2^62. Hashes are keyed, so nobody outside can
/// aim for it.
///
/// ```
/// use eaves_ratelimit::table::Width;
///
/// assert_eq!(Width::Narrow.bytes(), 8);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// 8 bytes: 24 bits of fingerprint, 40 bits of time; for rates up to about 150,000 per second.
    Narrow,
    /// 16 bytes: 64 bits of each.
    Wide,
}

impl Width {
    /// Returns the size of one cell.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Narrow => 8,
            Self::Wide => 16,
        }
    }
}

/// How full a table is.
///
/// ```
/// use eaves_common::{time::Mono, units::Rate};
/// use eaves_ratelimit::{meter::Gcra, table::Capacity};
///
/// let gcra = Gcra::new("10/1s".parse::<Rate>()?, Capacity::new(1024)?)?;
/// let occupancy = gcra.occupancy(Mono::ZERO);
/// assert_eq!((occupancy.cells, occupancy.owing, occupancy.evicted), (1024, 0, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Occupancy {
    /// Cells there are.
    pub cells: usize,
    /// Cells whose key owes something.
    pub owing: usize,
    /// Memory of the cells, all of it taken at construction.
    pub bytes: usize,
    /// Keys that were forgotten while they owed something, since construction.
    pub evicted: u64,
    /// Pages that the cells are in: huge ones only by the feature `huge-pages`, in narrow cells.
    pub pages: Pages,
}

/// Picks a bucket by the hash's upper half; fingerprints are made of the lower.
#[inline]
pub(crate) fn bucket_of(hash: u64, buckets: usize) -> usize {
    (((hash >> 32) * buckets as u64) >> 32) as usize
}
