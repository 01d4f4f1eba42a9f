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
}

impl CounterClock {
    /// Makes a clock whose monotonic time is zero now.
    #[must_use]
    pub fn new() -> Self {
        let counter = quanta::Clock::new();
        let zero = counter.raw();
        Self { counter, zero }
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
        let raw = self.counter.raw();
        Mono::from_nanos(self.counter.delta_as_nanos(self.zero, raw))
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
    fn copies_count_from_the_same_zero() {
        let clock = CounterClock::new();
        let copy = clock.clone();
        let before = clock.mono();
        let between = copy.mono();
        assert!(before <= between && between <= clock.mono());
    }
}
