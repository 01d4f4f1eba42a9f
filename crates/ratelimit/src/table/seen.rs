//! [`Cells`]: what a table wants of cells of either width; [`Seen`]: what a look at them found.

/// Cells of one width.
pub(super) trait Cells {
    /// The content of a cell.
    type Word: Copy;

    /// Finds the key's cell, or the one to replace, and tells the time it went by.
    ///
    /// The time is asked for right before the cell is loaded, when all is known that the load needs. To ask
    /// after it, so that the cell comes meanwhile, saves 3 ns of 36 for keys in the cache and costs 45 ns of
    /// 120 in a flood of new ones.
    fn read(&self, hash: u64, now: impl FnOnce() -> u64) -> (Seen<Self::Word>, u64);

    /// Replaces what was `seen` by this key with this debt, unless somebody was faster; tells when somebody
    /// else's debt is forgotten for it, be it for a key that is not put there after all.
    fn write(
        &self,
        hash: u64,
        now: u64,
        seen: &Seen<Self::Word>,
        debt: u64,
        evicted: impl Fn(),
    ) -> bool;

    /// Loads a word of the key's bucket, so that its cache line comes.
    fn touch(&self, hash: u64) -> u64;
}

/// What a look at the table found: the key's cell, or the cell that would go for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<W = u128> {
    pub(super) bucket: u32,
    pub(super) way: u8,
    /// Whether it is the key's own.
    pub(super) known: bool,
    /// Whether somebody else who owes something goes if it is replaced.
    pub(super) evicts: bool,
    pub(super) word: W,
    /// What the key owes, in ticks from `now`.
    pub(super) debt: u64,
}

impl<W> Seen<W> {
    /// The key's own cell. There are at most 2^28 buckets.
    #[inline]
    pub(super) const fn own((bucket, way): (usize, usize), word: W, debt: u64) -> Self {
        Self {
            bucket: bucket as u32,
            way: way as u8,
            known: true,
            evicts: false,
            word,
            debt,
        }
    }

    /// The cell that would go for a key that has none.
    #[inline]
    pub(super) const fn other((bucket, way): (usize, usize), word: W, evicts: bool) -> Self {
        Self {
            bucket: bucket as u32,
            way: way as u8,
            known: false,
            evicts,
            word,
            debt: 0,
        }
    }

    /// The key's own cell if it owes this, else the one that would go for it.
    #[inline]
    pub(super) fn either(
        place: (usize, usize),
        word: W,
        owed: Option<u64>,
        evicts: impl FnOnce() -> bool,
    ) -> Self {
        match owed {
            Some(debt) => Self::own(place, word, debt),
            None => Self::other(place, word, evicts()),
        }
    }

    /// What the key owes, in ticks from `now`.
    #[inline]
    pub(crate) const fn debt(&self) -> u64 {
        self.debt
    }

    /// Whether the key has a cell.
    #[cfg(feature = "governor")]
    pub(crate) const fn is_known(&self) -> bool {
        self.known
    }

    /// The same of another width.
    #[inline]
    pub(super) fn map<V>(self, word: impl FnOnce(W) -> V) -> Seen<V> {
        Seen {
            bucket: self.bucket,
            way: self.way,
            known: self.known,
            evicts: self.evicts,
            word: word(self.word),
            debt: self.debt,
        }
    }
}
