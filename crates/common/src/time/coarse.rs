//! [`CoarseClock`]: the time of the kernel's last tick.

use core::time::Duration;

use super::{Clock, Mono, Now};

/// A clock that the kernel sets at each of its own ticks: a quarter of what
/// [`CounterClock`](super::CounterClock) costs to read.
///
/// It is late by up to its [`precision`](Self::precision), commonly 1 to 10 ms, and never goes back; so what
/// passes between two readings is told with an error of as much either way. For ages, and for rate limits
/// whose bursts last longer than that: in any window such a limit may admit what its rate gives in one tick
/// more, and may deny for as long what would just fit. Not for measuring how long something took.
///
/// A processor that reads its counter does little else meanwhile, and lets few loads of memory start before;
/// this clock is memory that the kernel shares with every process, and is read beside them.
///
/// That is Linux's `CLOCK_MONOTONIC_COARSE`; on other systems this is
/// [`SystemClock`](super::SystemClock). Each clock counts [`Mono`] from its making, and its copies from the
/// same.
///
/// ```
/// use eaves_common::time::{Clock, CoarseClock};
///
/// let clock = CoarseClock::new();
/// let first = clock.mono();
/// assert!(clock.mono() >= first);
/// assert!(CoarseClock::precision().as_millis() <= 10);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CoarseClock {
    zero: Duration,
}

impl CoarseClock {
    /// Makes a clock whose monotonic time is zero now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            zero: kernel::mono(),
        }
    }

    /// Returns how long the kernel lets pass between two ticks.
    #[must_use]
    pub fn precision() -> Duration {
        kernel::precision()
    }
}

impl Default for CoarseClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for CoarseClock {
    fn now(&self) -> Now {
        Now {
            mono: self.mono(),
            wall: kernel::wall(),
        }
    }

    #[inline]
    fn mono(&self) -> Mono {
        Mono::ZERO + kernel::mono().saturating_sub(self.zero)
    }
}

#[cfg(target_os = "linux")]
mod kernel {
    use core::time::Duration;

    use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

    use crate::time::Wall;

    #[inline]
    pub(super) fn mono() -> Duration {
        duration(clock_gettime(ClockId::MonotonicCoarse))
    }

    pub(super) fn wall() -> Wall {
        Wall::ZERO + duration(clock_gettime(ClockId::RealtimeCoarse))
    }

    pub(super) fn precision() -> Duration {
        duration(clock_getres(ClockId::MonotonicCoarse))
    }

    /// The kernel counts whole seconds and fewer than 10^9 nanoseconds; before 1970 is zero.
    #[inline]
    fn duration(time: Timespec) -> Duration {
        u64::try_from(time.tv_sec).map_or(Duration::ZERO, |secs| {
            Duration::new(secs, time.tv_nsec as u32)
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    use core::time::Duration;

    use crate::time::{Clock as _, Mono, SystemClock, Wall};

    pub(super) fn mono() -> Duration {
        SystemClock.mono() - Mono::ZERO
    }

    pub(super) fn wall() -> Wall {
        SystemClock.now().wall
    }

    pub(super) fn precision() -> Duration {
        Duration::from_nanos(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SystemClock;

    /// However late a tick comes, it is the time of one that has been, and there will be another.
    #[cfg(target_os = "linux")]
    #[test]
    fn it_goes_on_with_the_machines_clock() {
        let clock = CoarseClock::new();
        let start = machine();
        let mut told = clock.zero + (clock.mono() - Mono::ZERO);
        while told <= start {
            assert!(machine() - start < Duration::from_secs(60), "no tick came");
            told = clock.zero + (clock.mono() - Mono::ZERO);
            assert!(told <= machine(), "it is ahead");
        }
    }

    /// The clock that the kernel reads at its ticks, from the same zero.
    #[cfg(target_os = "linux")]
    fn machine() -> Duration {
        use rustix::time::{ClockId, clock_gettime};

        let time = clock_gettime(ClockId::Monotonic);
        Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
    }

    #[test]
    fn copies_count_from_the_same_zero_and_dates_are_the_machines() {
        let clock = CoarseClock::new();
        let copy = clock;
        let before = clock.mono();
        let between = copy.now();
        assert!(before <= between.mono && between.mono <= clock.mono());
        let day = Duration::from_secs(86_400);
        let wall = SystemClock.now().wall;
        assert!(wall.saturating_since(between.wall) < day);
        assert!(between.wall.saturating_since(wall) < day);
    }

    #[test]
    fn what_it_tells_between_two_ticks_is_the_last_one() {
        let clock = CoarseClock::new();
        let first = clock.mono();
        let mut next = first;
        while next == first {
            next = clock.mono();
        }
        if cfg!(target_os = "linux") {
            let step = next - first;
            assert!(step >= CoarseClock::precision() / 2, "{step:?}");
        }
    }
}
