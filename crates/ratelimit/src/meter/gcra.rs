//! [`Gcra`]: the generic cell rate algorithm over a table of fixed memory.

use eaves_common::{
    time::{Clock, Mono},
    units::Rate,
};

use super::{Gauge, Reading, Verdict};
#[cfg(feature = "huge-pages")]
use crate::table::Pages;
use crate::{
    error::BuildError,
    key::KeyHash,
    table::{Capacity, Occupancy, Scale, Seen, Table, Width},
};

/// Limits many keys to one rate with a burst.
///
/// A key owes `period / count` for each unit it was given, and pays back as time passes; a request
/// is allowed while the debt, its own cost included, is within `burst` units. In any window `W` a
/// key gets at most `W * count / period + burst` units.
///
/// The arithmetic is in whole [ticks](crate::table): the rate is exact in the long run, `now` is
/// rounded down by less than a tick, and nothing wraps. A clock that goes back by up to a second
/// makes debts last that much longer; one that goes back further forgets those it cannot explain.
///
/// Any number of threads may check at once. Of those that meet at one key each is decided as if
/// they had come one after another. A denial writes nothing.
///
/// ```
/// use std::time::Duration;
/// use eaves_common::{time::Mono, units::Rate};
/// use eaves_ratelimit::{key::KeyHasher, meter::Gcra, table::Capacity};
///
/// let gcra = Gcra::new("10/1s burst 2".parse::<Rate>()?, Capacity::new(65_536)?)?;
/// let key = KeyHasher::random().hash("203.0.113.9");
/// let now = Mono::from_secs(1);
/// assert!(gcra.check(key, 1, now).is_allowed());
/// assert!(gcra.check(key, 1, now).is_allowed());
/// assert!(!gcra.check(key, 1, now).is_allowed());
/// assert!(gcra.check(key, 1, now + Duration::from_millis(100)).is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Gcra {
    rate: Rate,
    scale: Scale,
    table: Table,
}

/// Keys of a batch whose cache lines are asked for together.
const AHEAD: usize = 16;

impl Gcra {
    /// Takes the memory for `capacity` keys: cells of 8 bytes if they can hold the rate, else of 16.
    ///
    /// # Errors
    ///
    /// [`BuildError::Rate`] if neither can hold the rate exactly.
    pub fn new(rate: Rate, capacity: Capacity) -> Result<Self, BuildError> {
        Ok(Self::with_scale(rate, Scale::plan(rate, None)?, capacity))
    }

    /// Takes the memory for `capacity` keys in cells of this width.
    ///
    /// # Errors
    ///
    /// [`BuildError::Rate`] if such cells cannot hold the rate exactly.
    pub fn with_width(rate: Rate, capacity: Capacity, width: Width) -> Result<Self, BuildError> {
        Ok(Self::with_scale(
            rate,
            Scale::plan(rate, Some(width))?,
            capacity,
        ))
    }

    /// Takes the memory for `capacity` keys in pages of this kind, if they are to be had.
    ///
    /// Other constructors ask for huge ones. Cells of 16 bytes are in ordinary pages always.
    ///
    /// ```
    /// use eaves_common::{time::Mono, units::Rate};
    /// use eaves_ratelimit::{meter::Gcra, table::{Capacity, Pages}};
    ///
    /// let rate = "10/1s".parse::<Rate>()?;
    /// let gcra = Gcra::with_pages(rate, Capacity::new(1 << 20)?, Pages::Ordinary)?;
    /// assert_eq!(gcra.occupancy(Mono::ZERO).pages, Pages::Ordinary);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`BuildError::Rate`] if neither width can hold the rate exactly.
    #[cfg(feature = "huge-pages")]
    #[cfg_attr(docsrs, doc(cfg(feature = "huge-pages")))]
    pub fn with_pages(rate: Rate, capacity: Capacity, pages: Pages) -> Result<Self, BuildError> {
        let scale = Scale::plan(rate, None)?;
        let table = Table::in_pages(capacity, &scale, pages);
        Ok(Self { rate, scale, table })
    }

    fn with_scale(rate: Rate, scale: Scale, capacity: Capacity) -> Self {
        let table = Table::new(capacity, &scale);
        Self { rate, scale, table }
    }

    /// Takes memory for another rate, in which every key owes as many units as here.
    ///
    /// What other threads count meanwhile may be lost.
    ///
    /// # Errors
    ///
    /// [`BuildError::Rate`] if cells of this width cannot hold the rate exactly.
    pub fn with_rate(&self, rate: Rate, now: Mono) -> Result<Self, BuildError> {
        let scale = Scale::plan(rate, Some(self.width()))?;
        let (from, to) = (self.scale.now(now), scale.now(now));
        let convert = |debt: u64| {
            let units = u128::from(debt.min(self.scale.ceiling())) * u128::from(scale.cost(1));
            let debt = units.div_ceil(u128::from(self.scale.cost(1)));
            debt.min(scale.ceiling().into()) as u64
        };
        let table = self.table.carried((from, to), scale.horizon(), convert);
        Ok(Self { rate, scale, table })
    }

    /// Returns the rate.
    #[must_use]
    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// Returns the width of the cells.
    #[must_use]
    pub const fn width(&self) -> Width {
        self.scale.width()
    }

    /// Decides about a request of this cost, and counts it if it fits.
    #[inline]
    pub fn check(&self, key: KeyHash, cost: u64, now: Mono) -> Reading<'_> {
        let now = self.scale.now(now);
        self.decide(key, cost, || now)
    }

    /// Decides about a request of this cost at the time of a clock, and counts it if it fits.
    ///
    /// The clock is read once all is worked out that does not depend on it, and right before the key's cell:
    /// a processor does little else while it reads one, so this takes less time than to read the clock, hash
    /// the key and then [`check`](Self::check). With `CoarseClock` and `TickedClock` of `eaves_common::time`,
    /// which are memory, the cells of successive keys come from memory side by side.
    ///
    /// ```
    /// use eaves_common::{time::SystemClock, units::Rate};
    /// use eaves_ratelimit::{key::KeyHasher, meter::Gcra, table::Capacity};
    ///
    /// let gcra = Gcra::new("1/1h".parse::<Rate>()?, Capacity::new(1024)?)?;
    /// let key = KeyHasher::random().hash("203.0.113.9");
    /// assert!(gcra.check_by(key, 1, &SystemClock).is_allowed());
    /// assert!(!gcra.check_by(key, 1, &SystemClock).is_allowed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn check_by<C: Clock + ?Sized>(&self, key: KeyHash, cost: u64, clock: &C) -> Reading<'_> {
        self.decide(key, cost, || self.scale.now(clock.mono()))
    }

    #[inline]
    fn decide(&self, key: KeyHash, cost: u64, now: impl Fn() -> u64) -> Reading<'_> {
        self.table
            .update(key, now, |debt| match self.after(debt, cost) {
                Some(after) => {
                    let reading = Reading::new(Verdict::Allowed, cost, self.gauge(after));
                    ((cost > 0).then_some(after), reading)
                }
                None => (None, self.denied(debt, cost)),
            })
    }

    /// Decides about many requests of this cost one after another, and tells each answer.
    ///
    /// The cache lines of a few keys are asked for before the first of them is decided, so that their
    /// misses overlap: a compare-and-swap lets no later load start before it is done.
    pub fn check_batch<'a>(
        &'a self,
        keys: &[KeyHash],
        cost: u64,
        now: Mono,
        mut answer: impl FnMut(KeyHash, Reading<'a>),
    ) {
        let now = self.scale.now(now);
        for keys in keys.chunks(AHEAD) {
            self.table.touch(keys);
            for key in keys {
                answer(*key, self.decide(*key, cost, || now));
            }
        }
    }

    /// Decides about a request of this cost without counting it: `remaining` is what there is before
    /// it.
    #[inline]
    pub fn peek(&self, key: KeyHash, cost: u64, now: Mono) -> Reading<'_> {
        let seen = self.look(key, self.scale.now(now));
        self.judge(&seen, cost).uncounted()
    }

    /// Counts units without asking: what a request turned out to cost. The key may then owe more
    /// than its burst, up to twice of it, and is denied until that is paid.
    pub fn charge(&self, key: KeyHash, units: u64, now: Mono) -> Reading<'_> {
        let now = self.scale.now(now);
        self.table.update(
            key,
            || now,
            |debt| {
                let debt = debt.saturating_add(self.scale.cost(units));
                let debt = debt.min(self.scale.ceiling());
                let reading = Reading::new(Verdict::Allowed, units, self.gauge(debt));
                ((units > 0).then_some(debt), reading)
            },
        )
    }

    /// Gives units back: of a request that was counted and then not served.
    ///
    /// A key that has been forgotten meanwhile owes nothing, and stays so.
    pub fn refund(&self, key: KeyHash, units: u64, now: Mono) {
        let now = self.scale.now(now);
        self.table.update(
            key,
            || now,
            |debt| {
                let after = debt.min(self.scale.ceiling());
                let after = after.saturating_sub(self.scale.cost(units));
                ((units > 0 && debt > 0).then_some(after), ())
            },
        );
    }

    /// Says how full the table is; walks all of it.
    #[must_use]
    pub fn occupancy(&self, now: Mono) -> Occupancy {
        self.table.occupancy(self.scale.now(now))
    }

    /// Returns `now` in this meter's ticks.
    #[inline]
    pub(crate) fn ticks(&self, now: Mono) -> u64 {
        self.scale.now(now)
    }

    /// Looks a key up, the first step of a decision in two.
    #[inline]
    pub(crate) fn look(&self, key: KeyHash, now: u64) -> Seen {
        self.table.read(key, now)
    }

    /// Decides by what was seen.
    #[inline]
    pub(crate) fn judge(&self, seen: &Seen, cost: u64) -> Reading<'_> {
        self.judged(self.debt(seen), cost)
    }

    /// Decides by what the key owes.
    #[inline]
    fn judged(&self, debt: u64, cost: u64) -> Reading<'_> {
        match self.after(debt, cost) {
            Some(after) => Reading::new(Verdict::Allowed, cost, self.gauge(after)),
            None => self.denied(debt, cost),
        }
    }

    /// What the key owes once this is counted, if it fits. All but one comparison and one addition is worked
    /// out while the debt is on its way from memory.
    #[inline]
    fn after(&self, debt: u64, cost: u64) -> Option<u64> {
        let cost = self.scale.cost(cost);
        let room = self.scale.tolerance().checked_sub(cost)?;
        (debt <= room).then(|| debt + cost)
    }

    /// The answer to what does not fit. More than the ceiling comes of clocks that differ.
    #[inline]
    fn denied(&self, debt: u64, cost: u64) -> Reading<'_> {
        let verdict = if cost > self.scale.burst() {
            Verdict::Impossible
        } else {
            Verdict::Denied
        };
        Reading::new(verdict, cost, self.gauge(debt.min(self.scale.ceiling())))
    }

    /// Counts what was judged allowed, the second step; `false` if the cell has changed meanwhile.
    #[inline]
    pub(crate) fn commit(&self, key: KeyHash, seen: &Seen, cost: u64, now: u64) -> bool {
        let debt = self.debt(seen) + self.scale.cost(cost);
        cost == 0 || self.table.write(key, now, seen, debt)
    }

    /// What the key owes. More than the ceiling comes of clocks that differ.
    #[inline]
    fn debt(&self, seen: &Seen) -> u64 {
        seen.debt().min(self.scale.ceiling())
    }

    #[inline]
    const fn gauge(&self, debt: u64) -> Gauge<'_> {
        Gauge::Debt {
            scale: &self.scale,
            debt,
        }
    }
}
