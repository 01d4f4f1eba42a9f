//! [`CounterClock`]: time from the processor's counter.

use super::{Clock, Mono, Now};

/// A clock that reads the processor's time stamp counter, by the crate quanta: a third of what
/// [`SystemClock`](super::SystemClock) costs to read.
///
/// The first of a process takes up to 200 ms to learn how fast the counter runs, the less exactly the
/// busier the machine is; after that it keeps to this, and does not follow the corrections that the
/// machine's clock gets: for rates and ages, not for dates. Where the processor has no steady counter it reads the
/// machine's clock. Each clock counts [`Mono`] from its making, and its copies from the same.
///
/// ```
/// use eaves_common::time::{Clock, CounterClock};
///
/// let clock = CounterClock::new();
/// let first = clock.mono();
/// assert!(clock.mono() >= first);
/// ```
#[derive(Clone, Debug)]
pub struct CounterClock {
    counter: quanta::Clock,
    zero: u64,
    /// Nanoseconds of 2^56 counts.
    pace: u64,
}

/// So many counts that rounding their nanoseconds loses less than a microsecond in a century, and few enough
/// for a counter of 4 MHz.
const SAMPLE_BITS: u32 = 56;

impl CounterClock {
    /// Makes a clock whose monotonic time is zero now.
    #[must_use]
    pub fn new() -> Self {
        let counter = quanta::Clock::new();
        let pace = counter.delta_as_nanos(0, 1 << SAMPLE_BITS);
        let zero = counter.raw();
        Self {
            counter,
            zero,
            pace,
        }
    }
}

impl Default for CounterClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for CounterClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
    fn now(&self) -> Now {
        Now {
            mono: self.mono(),
            wall: std::time::SystemTime::now().into(),
        }
    }

    #[inline]
    fn mono(&self) -> Mono {
        // A processor does little else while its counter is read, so what follows is kept short: quanta's own
        // conversion shifts by a variable.
        let counts = self.counter.raw().saturating_sub(self.zero);
        let nanos = (u128::from(counts) * u128::from(self.pace)) >> SAMPLE_BITS;
        Mono::from_nanos(nanos as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SystemClock;

    /// Each reading of the machine's clock lies between two of the counter's, however long another
    /// program takes the processor away. It is units that this is about, not exactness.
    #[test]
    fn it_counts_nanoseconds() {
        let clock = CounterClock::new();
        let read = || (clock.mono(), SystemClock.mono(), clock.mono());
        let start = read();
        while SystemClock.mono() - start.1 < core::time::Duration::from_millis(50) {
            core::hint::spin_loop();
        }
        let end = read();
        let machine = end.1 - start.1;
        let (least, most) = (end.0 - start.2, end.2 - start.0);
        assert!(least.mul_f64(0.6) <= machine, "{least:?} {machine:?}");
        assert!(most.mul_f64(1.6) >= machine, "{most:?} {machine:?}");
    }

    #[test]
    fn it_converts_as_quanta_does() {
        let clock = CounterClock::new();
        let (before, time, after) = (clock.counter.raw(), clock.mono(), clock.counter.raw());
        let least = clock.counter.delta_as_nanos(clock.zero, before);
        let most = clock.counter.delta_as_nanos(clock.zero, after);
        assert!((least - least.min(1)..=most + 1).contains(&time.as_nanos()));
        assert!(clock.pace > 0, "a counter too slow for the sample");
    }

    #[test]
    fn copies_count_from_the_same_zero() {
        let clock = CounterClock::new();
        let copy = clock.clone();
        let before = clock.mono();
        let between = copy.mono();
        assert!(before <= between && between <= clock.mono());
    }
}
