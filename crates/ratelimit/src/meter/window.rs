//! [`Window`]: so many in any window of time, counted in parts of it.

use std::cmp::Ordering;

use eaves_common::{time::Mono, units::Rate};

use super::{
    Gauge, Reading, Verdict,
    shelf::{Shelf, State},
};
use crate::{
    error::BuildError,
    key::KeyHash,
    table::{Capacity, Occupancy},
};

/// Limits many keys to a count in a window that slides.
///
/// The window is counted in parts of equal length; of the part that is just sliding out of it a
/// share is counted, as if its requests had been spread evenly. A burst in the rate has no meaning
/// here: up to `count` are possible at once.
///
/// | type | parts | keeps | worst true window | |
/// |---|---|---|---|---|
/// | [`Window`] | 10, and the one sliding out | 64 B a key | about 1.06 times the limit | the default |
/// | [`TwoWindow`] | 1, and the one before | 32 B | about 1.5 times | as CDNs count |
/// | [`FixedWindow`] | 1, which does not slide | 32 B | twice the limit | at the seam of two windows |
///
/// Choose [`Gcra`](super::Gcra) where a smooth flow matters, and [`Log`](super::Log) where a small
/// limit must be exact.
///
/// ```
/// use eaves_common::{time::Mono, units::Rate};
/// use eaves_ratelimit::{key::KeyHash, meter::Window, table::Capacity};
///
/// let window = Window::new("100/1s".parse::<Rate>()?, Capacity::new(1_024)?)?;
/// let key = KeyHash::new(7);
/// assert_eq!(window.check(key, 60, Mono::ZERO).remaining(), 40);
/// let denied = window.check(key, 60, Mono::from_nanos(500_000_000));
/// // 40 of the first 60 must slide out: two thirds of the part that ends the window.
/// assert_eq!(denied.retry_after().unwrap().as_micros(), 533_334);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Window<const SLOTS: usize = 11> {
    rate: Rate,
    frame: Frame<SLOTS>,
    shelf: Shelf<Counts<SLOTS>>,
}

/// A [`Window`] of two: this one, and a share of the one before.
///
/// ```
/// use eaves_common::{time::Mono, units::Rate};
/// use eaves_ratelimit::{key::KeyHash, meter::TwoWindow, table::Capacity};
///
/// let window = TwoWindow::new("10/1s".parse::<Rate>()?, Capacity::new(1_024)?)?;
/// let _ = window.check(KeyHash::new(7), 10, Mono::ZERO);
/// let later = window.check(KeyHash::new(7), 1, Mono::from_nanos(1_500_000_000));
/// assert_eq!(later.remaining(), 4); // half of the ten still count
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type TwoWindow = Window<2>;

/// A [`Window`] that does not slide: the count begins anew at each multiple of the period.
///
/// ```
/// use eaves_common::{time::Mono, units::Rate};
/// use eaves_ratelimit::{key::KeyHash, meter::FixedWindow, table::Capacity};
///
/// let window = FixedWindow::new("10/1s".parse::<Rate>()?, Capacity::new(1_024)?)?;
/// assert!(window.check(KeyHash::new(7), 10, Mono::from_nanos(999_999_999)).is_allowed());
/// assert!(window.check(KeyHash::new(7), 10, Mono::from_secs(1)).is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type FixedWindow = Window<1>;

impl<const SLOTS: usize> Window<SLOTS> {
    /// Takes the memory for `capacity` keys.
    ///
    /// # Errors
    ///
    /// [`BuildError::Rate`] if the count is over 32 bits, or the period over 584 years or so short
    /// that a part of it is no nanosecond.
    pub fn new(rate: Rate, capacity: Capacity) -> Result<Self, BuildError> {
        const { assert!(SLOTS > 0 && SLOTS <= 64) };
        let frame = Frame::new(rate).ok_or(BuildError::Rate { rate })?;
        let shelf = Shelf::new(capacity, Counts::EMPTY);
        Ok(Self { rate, frame, shelf })
    }

    /// Returns the rate.
    #[must_use]
    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// Decides about a request of this cost, and counts it if it fits.
    pub fn check(&self, key: KeyHash, cost: u64, now: Mono) -> Reading<'_> {
        let at = self.frame.at(now);
        let judge = |counts: &Counts<SLOTS>| self.frame.judge(counts, cost, at);
        self.shelf.take(key, at.part, judge, |counts| {
            counts.add(at.part, cost as u32)
        })
    }

    /// Decides about a request of this cost without counting it.
    pub fn peek(&self, key: KeyHash, cost: u64, now: Mono) -> Reading<'_> {
        let at = self.frame.at(now);
        self.shelf
            .look(key, |counts| self.frame.judge(counts, cost, at))
    }

    /// Gives back units that were counted at this `now`.
    pub fn refund(&self, key: KeyHash, units: u64, now: Mono) {
        let at = self.frame.at(now);
        self.shelf
            .change(key, |counts| counts.subtract(at.part, units));
    }

    /// Says how full the shelf is; walks all of it.
    #[must_use]
    pub fn occupancy(&self, now: Mono) -> Occupancy {
        self.shelf.occupancy(self.frame.at(now).part, 0)
    }
}

/// The limit and the length of its window, in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Frame<const SLOTS: usize> {
    limit: u64,
    period: u64,
}

/// A time as the part it lies in, and how far: `into / period` of it.
#[derive(Clone, Copy)]
struct At {
    part: u64,
    into: u64,
}

impl<const SLOTS: usize> Frame<SLOTS> {
    /// Parts that are counted whole.
    const PARTS: u64 = if SLOTS > 1 { SLOTS as u64 - 1 } else { 1 };

    fn new(rate: Rate) -> Option<Self> {
        let period = u64::try_from(rate.period().as_nanos()).ok()?;
        let limit = u64::from(u32::try_from(rate.count().get()).ok()?);
        (period >= Self::PARTS).then_some(Self { limit, period })
    }

    fn at(&self, now: Mono) -> At {
        let scaled = u128::from(now.as_nanos()) * u128::from(Self::PARTS);
        let period = u128::from(self.period);
        At {
            part: (scaled / period) as u64,
            into: (scaled % period) as u64,
        }
    }

    fn judge(&self, counts: &Counts<SLOTS>, cost: u64, at: At) -> Reading<'static> {
        let left = self.left(counts, at);
        let verdict = match cost {
            cost if cost <= left => Verdict::Allowed,
            cost if cost > self.limit => Verdict::Impossible,
            _ => Verdict::Denied,
        };
        let mut after = *counts;
        let mut remaining = left;
        if verdict == Verdict::Allowed {
            after.add(at.part, cost as u32);
            remaining -= cost;
        }
        let denied = verdict == Verdict::Denied;
        let gauge = Gauge::Count {
            limit: self.limit,
            remaining,
            reset: self.nanos_until(self.end(&after), at),
            more: self.wait(&after, remaining + 1, at),
            retry: if denied {
                self.wait(counts, cost, at)
            } else {
                0
            },
        };
        Reading::new(verdict, cost, gauge)
    }

    /// Whole units that fit.
    fn left(&self, counts: &Counts<SLOTS>, at: At) -> u64 {
        let (whole, leaving) = counts.within(at.part);
        let period = u128::from(self.period);
        let used =
            u128::from(whole) * period + u128::from(leaving) * (period - u128::from(at.into));
        ((u128::from(self.limit) * period).saturating_sub(used) / period) as u64
    }

    /// Nanoseconds until `units` fit if nothing else comes.
    fn wait(&self, counts: &Counts<SLOTS>, units: u64, at: At) -> u64 {
        let Some(room) = self.limit.checked_sub(units) else {
            return 0;
        };
        let parts = at.part..=at.part + SLOTS as u64 + 1;
        let due = parts
            .filter_map(|part| self.fits(counts, room, part))
            .next();
        self.nanos_until(due.unwrap_or(0), at)
    }

    /// When nothing counts any more, in nanoseconds times [`PARTS`](Self::PARTS).
    fn end(&self, counts: &Counts<SLOTS>) -> u128 {
        let last = counts.last().map_or(0, |part| part + SLOTS as u64);
        u128::from(last) * u128::from(self.period)
    }

    fn nanos_until(&self, due: u128, at: At) -> u64 {
        let now = u128::from(at.part) * u128::from(self.period) + u128::from(at.into);
        due.saturating_sub(now).div_ceil(u128::from(Self::PARTS)) as u64
    }

    /// When in this part no more than `room` counts, in nanoseconds times [`PARTS`](Self::PARTS).
    fn fits(&self, counts: &Counts<SLOTS>, room: u64, part: u64) -> Option<u128> {
        let (whole, leaving) = counts.within(part);
        let room = u128::from(room.checked_sub(whole)?);
        let (leaving, period) = (u128::from(leaving), u128::from(self.period));
        let into = match leaving {
            0 => 0,
            leaving => (leaving.saturating_sub(room) * period).div_ceil(leaving),
        };
        (into < period).then_some(u128::from(part) * period + into)
    }
}

/// Requests per part, the last of them being `newest`.
#[derive(Clone, Copy, Debug)]
struct Counts<const SLOTS: usize> {
    newest: u64,
    /// Part `n` stands at `n % SLOTS`.
    slots: [u32; SLOTS],
}

impl<const SLOTS: usize> Counts<SLOTS> {
    const EMPTY: Self = Self {
        newest: 0,
        slots: [0; SLOTS],
    };

    /// What is counted whole at this part, and what of the part sliding out is counted by share.
    fn within(&self, part: u64) -> (u64, u64) {
        let (mut whole, mut leaving) = (0, 0);
        for (counted, units) in self.parts() {
            match (counted + Frame::<SLOTS>::PARTS).cmp(&part) {
                Ordering::Greater if counted <= part + SLOTS as u64 => whole += units,
                Ordering::Equal if SLOTS > 1 => leaving += units,
                // Out of the window, or of a clock that has gone back by more than one.
                _ => {}
            }
        }
        (whole, leaving)
    }

    /// The newest part in which anything was counted.
    fn last(&self) -> Option<u64> {
        self.parts()
            .find(|(_, units)| *units > 0)
            .map(|(part, _)| part)
    }

    /// The parts that are kept with their counts, the newest first.
    fn parts(&self) -> impl Iterator<Item = (u64, u64)> {
        let parts = (0..SLOTS as u64).map_while(|age| self.newest.checked_sub(age));
        parts.map(|part| (part, u64::from(self.slots[Self::slot(part)])))
    }

    fn add(&mut self, part: u64, units: u32) {
        self.turn_to(part);
        // If the clock has gone back a little, this is ahead of `part`, and counts longer.
        let slot = &mut self.slots[Self::slot(self.newest)];
        *slot = slot.saturating_add(units);
    }

    fn subtract(&mut self, part: u64, units: u64) {
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        if self.parts().any(|(kept, _)| kept == part) {
            let slot = &mut self.slots[Self::slot(part)];
            *slot = slot.saturating_sub(units);
        }
    }

    /// Empties the slots of the parts that begin until `part`.
    fn turn_to(&mut self, part: u64) {
        let slots = SLOTS as u64;
        if part >= self.newest + slots || self.newest > part + slots {
            *self = Self {
                newest: part,
                ..Self::EMPTY
            };
        }
        while self.newest < part {
            self.newest += 1;
            self.slots[Self::slot(self.newest)] = 0;
        }
    }

    const fn slot(part: u64) -> usize {
        (part % SLOTS as u64) as usize
    }
}

impl<const SLOTS: usize> State for Counts<SLOTS> {
    fn clear(&mut self) {
        *self = Self::EMPTY;
    }

    fn used(&self, part: u64) -> u64 {
        let (whole, leaving) = self.within(part);
        whole + leaving
    }
}
