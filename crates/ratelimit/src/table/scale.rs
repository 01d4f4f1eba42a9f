//! [`Scale`]: a rate as whole ticks, and time in those ticks.

use std::time::Duration;

use eaves_common::{time::Mono, units::Rate};

use super::Width;
use crate::error::BuildError;

/// Horizon of a 40-bit TAT: a debt stays below it, so that the past and the future never mix up.
const NARROW_TICKS: u64 = 1 << 38;
/// Horizon of a 64-bit TAT.
const WIDE_TICKS: u64 = 1 << 62;
/// Fewest ticks an interval has in a narrow cell: `now` is rounded by a 64th of it at most.
const NARROW_STEPS: u64 = 64;
/// Shortest tick of a narrow cell.
const NARROW_TICK_NANOS: u64 = 100;

/// A rate in ticks of its own: the interval of one unit is a whole number of ticks.
///
/// The tick is `period / (count * interval)`. So the long-run rate is exact whatever the rate, and
/// only `now` is rounded, down, by less than a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scale {
    /// Ticks that one unit costs.
    interval: u64,
    /// Units possible at once from idle.
    burst: u64,
    /// `now` in ticks is `nanos * multiplier >> shift`.
    multiplier: u64,
    shift: u32,
    /// A tick is `nanos / ticks` nanoseconds, in lowest terms.
    nanos: u64,
    ticks: u128,
    width: Width,
}

impl Scale {
    /// Chooses ticks for `rate`: cells of 8 bytes if they can hold it, else of 16 bytes.
    pub(crate) fn plan(rate: Rate, width: Option<Width>) -> Result<Self, BuildError> {
        let parts = Parts::of(rate).ok_or(BuildError::Rate { rate })?;
        let narrow = || parts.narrow().map(|interval| (interval, Width::Narrow));
        let wide = || parts.wide().map(|interval| (interval, Width::Wide));
        let (interval, width) = match width {
            None => narrow().or_else(wide),
            Some(Width::Narrow) => narrow(),
            Some(Width::Wide) => wide(),
        }
        .ok_or(BuildError::Rate { rate })?;
        Ok(parts.scale(interval, width))
    }

    /// Returns `now` in ticks, rounded down; time ends at 2^63 of them, so that a TAT has room.
    #[inline]
    pub(crate) fn now(&self, now: Mono) -> u64 {
        let product = u128::from(now.as_nanos()) * u128::from(self.multiplier);
        if self.shift >= 64 {
            return ((product >> 64) as u64) >> (self.shift - 64); // the multiplier is at most 2^63
        }
        (product >> self.shift).min(1 << 63) as u64
    }

    /// Returns how long `ticks` last, rounded up to the nanosecond.
    pub(crate) fn duration(&self, ticks: u64) -> Duration {
        let nanos = (u128::from(ticks) * u128::from(self.nanos)).div_ceil(self.ticks);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Returns what `units` cost in ticks; saturates.
    #[inline]
    pub(crate) fn cost(&self, units: u64) -> u64 {
        self.interval.saturating_mul(units)
    }

    /// Returns the debt up to which a request is admitted.
    #[inline]
    pub(crate) fn tolerance(&self) -> u64 {
        self.interval * self.burst
    }

    /// Returns the largest debt that is remembered: twice the tolerance.
    #[inline]
    pub(crate) fn ceiling(&self) -> u64 {
        2 * self.tolerance()
    }

    /// Returns how far ahead of `now` a TAT may lie to be believed: the ceiling and a second of
    /// difference between the clocks of two threads.
    pub(crate) fn horizon(&self) -> u64 {
        let longest = match self.width {
            Width::Narrow => NARROW_TICKS,
            Width::Wide => WIDE_TICKS,
        };
        let second = self.now(Mono::from_secs(1));
        self.ceiling() + second.min(longest / 2)
    }

    /// Returns how many whole units fit above `debt`.
    #[inline]
    pub(crate) fn units_left(&self, debt: u64) -> u64 {
        self.tolerance().saturating_sub(debt) / self.interval
    }

    pub(crate) const fn burst(&self) -> u64 {
        self.burst
    }

    pub(crate) const fn width(&self) -> Width {
        self.width
    }
}

/// A rate as plain numbers: `period / count` nanoseconds per unit, in lowest terms.
struct Parts {
    count: u64,
    period: u64,
    burst: u64,
}

impl Parts {
    fn of(rate: Rate) -> Option<Self> {
        let period = u64::try_from(rate.period().as_nanos()).ok()?;
        let count = rate.count().get();
        let divisor = gcd(count.into(), period.into()) as u64;
        let burst = rate.burst().get();
        Some(Self {
            count: count / divisor,
            period: period / divisor,
            burst,
        })
    }

    /// Ticks per interval for a 40-bit TAT, or `None` if it is too small for this rate.
    fn narrow(&self) -> Option<u64> {
        let fine = self.period / self.count / 1_000 < NARROW_STEPS;
        let tick = if fine { NARROW_TICK_NANOS } else { 1_000 };
        let shortest = u128::from(tick) * u128::from(self.count);
        let steps = self.steps(shortest, NARROW_TICKS / 2 / self.burst);
        (steps >= NARROW_STEPS).then_some(steps)
    }

    /// Ticks per interval for a 64-bit TAT, or `None` if it is too small for this rate. A tick is
    /// a nanosecond, or down to a 16th where a nanosecond is no whole part of the interval.
    fn wide(&self) -> Option<u64> {
        let shortest = u128::from(self.count).div_ceil(16);
        let steps = self.steps(shortest, WIDE_TICKS / 2 / self.burst);
        (steps > 0).then_some(steps)
    }

    /// Divides the interval into at most `room` ticks of `unit / count` nanoseconds, where the unit
    /// is not below `shortest`.
    ///
    /// A unit that divides the period and a power of ten is best: then neither a whole number of
    /// milliseconds nor the interval is rounded.
    fn steps(&self, shortest: u128, room: u64) -> u64 {
        if room == 0 {
            return 0;
        }
        let period = u128::from(self.period);
        let shortest = shortest.max(period.div_ceil(room.into()));
        let powers = |base: u128| std::iter::successors(Some(1), move |n| Some(n * base)).take(13);
        let round = powers(2)
            .flat_map(|two| powers(5).map(move |five| two * five))
            .filter(|unit| *unit >= shortest && period % unit == 0)
            .min()
            .map(|unit| (period / unit) as u64);
        let finest = (period / shortest) as u64;
        let fewest = NARROW_STEPS.max(finest / 16);
        round.filter(|steps| *steps >= fewest).unwrap_or(finest)
    }

    fn scale(&self, interval: u64, width: Width) -> Scale {
        let ticks = u128::from(self.count) * u128::from(interval);
        let divisor = gcd(ticks, self.period.into());
        let (ticks, nanos) = (ticks / divisor, self.period / divisor as u64);
        let (multiplier, shift) = reciprocal(ticks, nanos);
        Scale {
            interval,
            burst: self.burst,
            multiplier,
            shift,
            nanos,
            ticks,
            width,
        }
    }
}

/// Returns `(m, s)` with `m / 2^s` the smallest such fraction not below `ticks / nanos`.
///
/// Not below, so that a `now` of whole ticks is never rounded to the tick before.
fn reciprocal(ticks: u128, nanos: u64) -> (u64, u32) {
    let nanos = u128::from(nanos);
    let (mut quotient, mut rest, mut shift) = (ticks / nanos, ticks % nanos, 0);
    while quotient < 1 << 62 && shift < 127 {
        rest *= 2;
        quotient = 2 * quotient + u128::from(rest >= nanos);
        rest %= nanos;
        shift += 1;
    }
    (
        u64::try_from(quotient).unwrap_or(u64::MAX - 1) + u64::from(rest > 0),
        shift,
    )
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}
