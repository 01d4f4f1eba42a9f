//! [`Algorithm`]: which meter a rule uses, and [`AnyMeter`], which is any of them.

#[cfg(feature = "redis")]
use std::sync::Arc;
use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

use eaves_common::{time::Mono, units::Rate};

use super::{
    Concurrency, FixedWindow, Gcra, Keyed, Log, MeterError, PenaltyBox, Reading, SlidingWindow,
    TwoWindow,
};
#[cfg(feature = "calendar")]
use super::{Dated, Zone};
#[cfg(feature = "redis")]
use crate::redis::{Replica, Terms};
use crate::{
    error::BuildError,
    key::KeyHash,
    table::{Capacity, Occupancy, Seen, Width},
};

/// How a rule counts.
///
/// ```
/// use eaves_ratelimit::meter::Algorithm;
///
/// assert_eq!("window".parse(), Ok(Algorithm::Window));
/// assert_eq!(Algorithm::default(), Algorithm::Gcra);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// [`Calendar`](super::Calendar): `1000/1d` allows a key so many in each day of its rule's
    /// [`zone`](crate::Rule::zone); `1h` and `30d`, which stands for a month of any length, are the other
    /// periods. The limiter has to be told the date, by [`Limiter::set_date`](crate::Limiter::set_date);
    /// the layers do.
    #[cfg(feature = "calendar")]
    #[cfg_attr(docsrs, doc(cfg(feature = "calendar")))]
    Calendar,
    /// [`Concurrency`]: `10/2s` lets ten requests of a key be under way, and tells the others to come
    /// back in two seconds. Who asks the limiter keeps a [`Hold`](crate::Hold) until a request has ended;
    /// the layers do.
    Concurrency,
    /// [`FixedWindow`]
    Fixed,
    /// [`Gcra`]
    #[default]
    Gcra,
    /// [`Log`]
    Log,
    /// [`PenaltyBox`]: `5/1m` denies a key all requests, for its rule's [`term`](crate::Rule::term), after
    /// five that another rule of the limiter has denied within a minute.
    Penalty,
    /// [`TwoWindow`]
    TwoWindow,
    /// [`SlidingWindow`]
    Window,
}

impl Algorithm {
    const ALL: &'static [(&'static str, Self)] = &[
        #[cfg(feature = "calendar")]
        ("calendar", Self::Calendar),
        ("concurrency", Self::Concurrency),
        ("fixed", Self::Fixed),
        ("gcra", Self::Gcra),
        ("log", Self::Log),
        ("penalty", Self::Penalty),
        ("two-window", Self::TwoWindow),
        ("window", Self::Window),
    ];
}

impl FromStr for Algorithm {
    type Err = BuildError;

    fn from_str(text: &str) -> Result<Self, BuildError> {
        let known = Self::ALL.iter().find(|(name, _)| *name == text);
        known
            .map(|(_, algorithm)| *algorithm)
            .ok_or_else(|| BuildError::Algorithm {
                found: text.to_owned(),
            })
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, algorithm)| algorithm == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}

/// A meter of any algorithm, which decides in two steps: look, then commit.
#[derive(Debug)]
pub(crate) enum AnyMeter {
    #[cfg(feature = "calendar")]
    Calendar(Dated),
    Concurrency(Keyed<Concurrency>),
    Fixed(Keyed<FixedWindow>),
    Gcra(Gcra),
    Log(Keyed<Log>),
    Penalty(Keyed<PenaltyBox>),
    TwoWindow(Keyed<TwoWindow>),
    Window(Keyed<SlidingWindow>),
    #[cfg(feature = "redis")]
    Shared(Arc<Replica>),
}

/// What a look found, to be shown again at the commit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Look {
    /// A cell, which must not have changed.
    Cell { seen: Seen, ticks: u64 },
    /// A slot, which is judged again under its lock.
    Slot,
}

impl AnyMeter {
    pub(crate) fn new(
        algorithm: Algorithm,
        rate: Rate,
        capacity: Capacity,
        width: Option<Width>,
    ) -> Result<Self, BuildError> {
        Ok(match (algorithm, width) {
            (Algorithm::Concurrency, _) => {
                Self::Concurrency(Keyed::new(concurrency(rate)?, capacity))
            }
            #[cfg(feature = "calendar")]
            (Algorithm::Calendar, _) => return Err(MeterError::needs_zone(rate).into()),
            (Algorithm::Penalty, _) => return Self::penalty(rate, rate.period(), capacity),
            (Algorithm::Gcra, None) => Self::Gcra(Gcra::new(rate, capacity)?),
            (Algorithm::Gcra, Some(width)) => Self::Gcra(Gcra::with_width(rate, capacity, width)?),
            (Algorithm::Fixed, _) => Self::Fixed(Keyed::new(FixedWindow::new(rate)?, capacity)),
            (Algorithm::Log, _) => Self::Log(Keyed::new(Log::new(rate)?, capacity)),
            (Algorithm::TwoWindow, _) => {
                Self::TwoWindow(Keyed::new(TwoWindow::new(rate)?, capacity))
            }
            (Algorithm::Window, _) => Self::Window(Keyed::new(SlidingWindow::new(rate)?, capacity)),
        })
    }

    /// A box that holds keys for a term after so many denials in a period.
    pub(crate) fn penalty(
        rate: Rate,
        term: Duration,
        capacity: Capacity,
    ) -> Result<Self, BuildError> {
        let denials = plain_count(rate)?;
        let penalty = PenaltyBox::new(denials.get(), rate.period(), term);
        Ok(Self::Penalty(Keyed::new(penalty, capacity)))
    }

    /// A quota by the calendar of a time zone.
    #[cfg(feature = "calendar")]
    pub(crate) fn calendar(rate: Rate, zone: Zone, capacity: Capacity) -> Result<Self, BuildError> {
        Ok(Self::Calendar(Dated::new(rate, zone, capacity)?))
    }

    /// The meter as one that goes by dates.
    #[cfg(feature = "calendar")]
    pub(crate) const fn dated(&self) -> Option<&Dated> {
        match self {
            Self::Calendar(quota) => Some(quota),
            _ => None,
        }
    }

    /// Returns a meter of another rate in which every key owes what it owes here, if that can be.
    pub(crate) fn carried(&self, rate: Rate, now: Mono) -> Option<Self> {
        match self {
            Self::Gcra(gcra) => gcra.with_rate(rate, now).ok().map(Self::Gcra),
            #[cfg(feature = "calendar")]
            Self::Calendar(quota) => quota.with_rate(rate).map(Self::Calendar),
            #[cfg(feature = "redis")]
            Self::Shared(replica) => {
                Terms::hold(rate).then(|| Self::Shared(Arc::new(replica.with_rate(rate))))
            }
            _ => None,
        }
    }

    /// Decides without counting; a cell's reading is as if it were counted.
    #[inline]
    pub(crate) fn look(&self, key: KeyHash, cost: u64, now: Mono) -> (Look, Reading<'_>) {
        match self {
            Self::Gcra(gcra) => {
                let ticks = gcra.ticks(now);
                let seen = gcra.look(key, ticks);
                (Look::Cell { seen, ticks }, gcra.judge(&seen, cost))
            }
            #[cfg(feature = "calendar")]
            Self::Calendar(quota) => (Look::Slot, quota.peek(key, cost, now)),
            Self::Concurrency(places) => (Look::Slot, places.peek(key, cost, now)),
            Self::Fixed(window) => (Look::Slot, window.peek(key, cost, now)),
            Self::Log(log) => (Look::Slot, log.peek(key, cost, now)),
            Self::Penalty(penalty) => (Look::Slot, penalty.peek(key, 1, now)),
            Self::TwoWindow(window) => (Look::Slot, window.peek(key, cost, now)),
            Self::Window(window) => (Look::Slot, window.peek(key, cost, now)),
            #[cfg(feature = "redis")]
            Self::Shared(replica) => (Look::Slot, replica.peek(key, cost, now)),
        }
    }

    /// Counts what a look allowed; `None` if it has to look again.
    #[inline]
    pub(crate) fn commit<'a>(
        &'a self,
        look: &Look,
        (key, reading): (KeyHash, Reading<'a>),
        now: Mono,
    ) -> Option<Reading<'a>> {
        match (self, look) {
            (Self::Gcra(gcra), Look::Cell { seen, ticks }) => gcra
                .commit(key, seen, reading.cost(), *ticks)
                .then_some(reading),
            _ => Some(self.check(key, reading.cost(), now)),
        }
    }

    fn check(&self, key: KeyHash, cost: u64, now: Mono) -> Reading<'_> {
        match self {
            #[cfg(feature = "calendar")]
            Self::Calendar(quota) => quota.check(key, cost, now),
            Self::Concurrency(places) => places.check(key, cost, now),
            Self::Fixed(window) => window.check(key, cost, now),
            Self::Gcra(gcra) => gcra.check(key, cost, now),
            Self::Log(log) => log.check(key, cost, now),
            Self::Penalty(penalty) => penalty.peek(key, 1, now), // it counts denials only
            Self::TwoWindow(window) => window.check(key, cost, now),
            Self::Window(window) => window.check(key, cost, now),
            #[cfg(feature = "redis")]
            Self::Shared(replica) => replica.check(key, cost, now),
        }
    }

    /// Counts without asking, where units are what is counted.
    pub(crate) fn charge(&self, key: KeyHash, units: u64, now: Mono) {
        match self {
            #[cfg(feature = "calendar")]
            Self::Calendar(quota) => quota.charge(key, units, now),
            Self::Concurrency(_) | Self::Penalty(_) => {}
            Self::Fixed(window) => window.charge(key, units, now),
            Self::Gcra(gcra) => {
                let _ = gcra.charge(key, units, now);
            }
            Self::Log(log) => log.charge(key, units, now),
            Self::TwoWindow(window) => window.charge(key, units, now),
            Self::Window(window) => window.charge(key, units, now),
            #[cfg(feature = "redis")]
            Self::Shared(replica) => replica.charge(key, units, now),
        }
    }

    /// The meter as one that nodes share.
    #[cfg(feature = "redis")]
    pub(crate) const fn replica(&self) -> Option<&Arc<Replica>> {
        match self {
            Self::Shared(replica) => Some(replica),
            _ => None,
        }
    }

    /// Hears that a request was turned away, which matters to meters that are shared only.
    #[cfg_attr(not(feature = "redis"), expect(clippy::unused_self, unused_variables))]
    pub(crate) fn turn_away(&self, key: KeyHash, cost: u64, now: Mono) {
        #[cfg(feature = "redis")]
        if let Self::Shared(replica) = self {
            replica.turn_away(key, cost, now);
        }
    }

    /// Gives back what a check has counted.
    pub(crate) fn refund(&self, key: KeyHash, units: u64, now: Mono) {
        match self {
            #[cfg(feature = "calendar")]
            Self::Calendar(quota) => quota.refund(key, units, now),
            Self::Concurrency(places) => places.refund(key, units, now),
            Self::Penalty(_) => {}
            Self::Fixed(window) => window.refund(key, units, now),
            Self::Gcra(gcra) => gcra.refund(key, units, now),
            Self::Log(log) => log.refund(key, units, now),
            Self::TwoWindow(window) => window.refund(key, units, now),
            Self::Window(window) => window.refund(key, units, now),
            #[cfg(feature = "redis")]
            Self::Shared(replica) => replica.refund(key, units, now),
        }
    }

    /// Whether what it counts ends with the request.
    pub(crate) const fn is_concurrency(&self) -> bool {
        matches!(self, Self::Concurrency(_))
    }

    pub(crate) const fn is_penalty(&self) -> bool {
        matches!(self, Self::Penalty(_))
    }

    pub(crate) fn occupancy(&self, now: Mono) -> Occupancy {
        match self {
            #[cfg(feature = "calendar")]
            Self::Calendar(quota) => quota.occupancy(now),
            Self::Concurrency(places) => places.occupancy(now),
            Self::Penalty(penalty) => penalty.occupancy(now),
            Self::Fixed(window) => window.occupancy(now),
            Self::Gcra(gcra) => gcra.occupancy(now),
            Self::Log(log) => log.occupancy(now),
            Self::TwoWindow(window) => window.occupancy(now),
            Self::Window(window) => window.occupancy(now),
            #[cfg(feature = "redis")]
            Self::Shared(replica) => replica.occupancy(now),
        }
    }
}

fn concurrency(rate: Rate) -> Result<Concurrency, BuildError> {
    Ok(Concurrency::new(plain_count(rate)?).pause(rate.period()))
}

/// The count of a rate without a burst, as far as meters of small counts go.
fn plain_count(rate: Rate) -> Result<NonZeroU32, BuildError> {
    if rate.burst() != rate.count() {
        return Err(MeterError::Burst { rate }.into());
    }
    let most = u32::MAX.into();
    let limit = rate.count().get();
    let count = NonZeroU32::try_from(rate.count());
    count.map_err(|_| MeterError::Limit { limit, most }.into())
}
