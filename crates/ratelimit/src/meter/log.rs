//! [`Log`]: so many in any window of time, exactly.

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

/// Limits many keys to a count in any window, by the time of each unit.
///
/// No window of the period's length, wherever it begins, holds more than `count`, and nothing that
/// would fit is denied. That takes 8 bytes per unit of the limit for every key there is room for, so
/// it is for small limits: five sign-ins an hour. A burst in the rate has no meaning here.
///
/// ```
/// use eaves_common::{time::Mono, units::Rate};
/// use eaves_ratelimit::{key::KeyHash, meter::Log, table::Capacity};
///
/// let log = Log::new("2/1m".parse::<Rate>()?, Capacity::new(1_024)?)?;
/// let key = KeyHash::new(7);
/// assert!(log.check(key, 1, Mono::from_secs(0)).is_allowed());
/// assert!(log.check(key, 1, Mono::from_secs(50)).is_allowed());
/// assert_eq!(log.check(key, 1, Mono::from_secs(55)).retry_after().unwrap().as_secs(), 5);
/// assert!(log.check(key, 1, Mono::from_secs(60)).is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Log {
    rate: Rate,
    limit: usize,
    period: u64,
    shelf: Shelf<Times>,
}

impl Log {
    /// Largest count that is logged.
    pub const MOST: u64 = 4_096;

    /// Takes the memory for `capacity` keys.
    ///
    /// # Errors
    ///
    /// [`BuildError::Rate`] if the count is over [`MOST`](Self::MOST), or the period over 584 years.
    pub fn new(rate: Rate, capacity: Capacity) -> Result<Self, BuildError> {
        let count = rate.count().get();
        let period = u64::try_from(rate.period().as_nanos());
        let (Ok(period), true) = (period, count <= Self::MOST) else {
            return Err(BuildError::Rate { rate });
        };
        let limit = count as usize;
        let shelf = Shelf::new(capacity, Times::empty(limit, period));
        Ok(Self {
            rate,
            limit,
            period,
            shelf,
        })
    }

    /// Returns the rate.
    #[must_use]
    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// Decides about a request of this cost, and counts it if it fits.
    pub fn check(&self, key: KeyHash, cost: u64, now: Mono) -> Reading<'_> {
        let now = now.as_nanos();
        let judge = |times: &Times| self.judge(times, cost, now);
        self.shelf
            .take(key, now, judge, |times| times.add(cost as usize, now))
    }

    /// Decides about a request of this cost without counting it.
    pub fn peek(&self, key: KeyHash, cost: u64, now: Mono) -> Reading<'_> {
        self.shelf
            .look(key, |times| self.judge(times, cost, now.as_nanos()))
    }

    /// Gives back the latest units.
    pub fn refund(&self, key: KeyHash, units: u64) {
        let units = usize::try_from(units).unwrap_or(usize::MAX);
        self.shelf.change(key, |times| times.remove(units));
    }

    /// Says how full the shelf is; walks all of it.
    #[must_use]
    pub fn occupancy(&self, now: Mono) -> Occupancy {
        self.shelf
            .occupancy(now.as_nanos(), self.limit * size_of::<u64>())
    }

    fn judge(&self, times: &Times, cost: u64, now: u64) -> Reading<'static> {
        let used = times.within(now);
        let left = (self.limit - used) as u64;
        let verdict = match cost {
            cost if cost <= left => Verdict::Allowed,
            cost if cost > self.limit as u64 => Verdict::Impossible,
            _ => Verdict::Denied,
        };
        let counted = if verdict == Verdict::Allowed {
            cost as usize
        } else {
            0
        };
        // When so many of those that count have slid out; the request's own come last.
        let out = |units: usize| match units {
            0 => 0,
            units if units <= used => (times.oldest(used, units) + self.period).saturating_sub(now),
            _ => self.period,
        };
        let gauge = Gauge::Count {
            limit: self.limit as u64,
            remaining: left - counted as u64,
            reset: out(used + counted),
            more: out(1.min(used + counted)),
            retry: out((cost.saturating_sub(left) as usize).min(used)),
        };
        Reading::new(verdict, cost, gauge)
    }
}

/// The times of the last units, as many as the limit allows.
#[derive(Clone, Debug)]
struct Times {
    /// A ring; the newest stands before `next`.
    ring: Box<[u64]>,
    next: usize,
    len: usize,
    period: u64,
}

impl Times {
    fn empty(limit: usize, period: u64) -> Self {
        Self {
            ring: vec![0; limit].into(),
            next: 0,
            len: 0,
            period,
        }
    }

    /// How many lie in the window that ends now. A time ahead by more than a window comes of a clock
    /// that has gone back, and does not count.
    fn within(&self, now: u64) -> usize {
        let counts = |time: u64| {
            time.saturating_add(self.period) > now && time <= now.saturating_add(self.period)
        };
        (1..=self.len)
            .take_while(|back| counts(self.back(*back)))
            .count()
    }

    /// The time of the `nth` oldest of the last `used`.
    fn oldest(&self, used: usize, nth: usize) -> u64 {
        self.back(used + 1 - nth)
    }

    /// The time of the unit so many back, the newest being 1.
    fn back(&self, back: usize) -> u64 {
        self.ring[(self.next + self.ring.len() - back) % self.ring.len()]
    }

    fn add(&mut self, units: usize, now: u64) {
        // Times stay in order if the clock has gone back a little.
        let newest = if self.within(now) > 0 {
            self.back(1)
        } else {
            0
        };
        for _ in 0..units {
            self.ring[self.next] = now.max(newest);
            self.next = (self.next + 1) % self.ring.len();
        }
        self.len = (self.len + units).min(self.ring.len());
    }

    fn remove(&mut self, units: usize) {
        let units = units.min(self.len);
        self.next = (self.next + self.ring.len() - units) % self.ring.len();
        self.len -= units;
    }
}

impl State for Times {
    fn clear(&mut self) {
        self.len = 0;
    }

    fn used(&self, now: u64) -> u64 {
        self.within(now) as u64
    }
}
