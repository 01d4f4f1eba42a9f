//! [`TickedClock`]: the time of the last tick, for who asks more often than time needs to pass.

use super::{Clock, ManualClock, Mono, Now};

/// A clock that is read at each [`tick`](Self::tick), and tells the time of the last one until the next.
///
/// Reading a machine's clock takes tens of nanoseconds, reading this one an atomic load. What it tells
/// is late by as long as the last tick is ago, which whoever ticks has in hand: the turns of an event
/// loop, or a thread that sleeps a millisecond between them. It never goes back, whoever ticks. Clones
/// share their ticks.
///
/// A rate limit that goes by it is late by as much: in any window it may admit what its rate gives in
/// the time between two ticks more, and may deny for as long what would just fit.
///
/// ```
/// use core::time::Duration;
/// use eaves_common::time::{Clock, ManualClock, TickedClock};
///
/// let machine = ManualClock::default(); // `SystemClock` in a service
/// let clock = TickedClock::new(machine.clone());
/// machine.advance(Duration::from_millis(3));
/// assert_eq!(clock.mono().as_nanos(), 0);
/// clock.tick();
/// assert_eq!(clock.mono().as_nanos(), 3_000_000);
/// ```
#[derive(Clone, Debug)]
pub struct TickedClock<C> {
    clock: C,
    last: ManualClock,
}

impl<C: Clock> TickedClock<C> {
    /// Makes a clock that ticks once, now.
    #[must_use]
    pub fn new(clock: C) -> Self {
        let ticked = Self {
            clock,
            last: ManualClock::default(),
        };
        ticked.tick();
        ticked
    }

    /// Reads the time that is told from now on.
    pub fn tick(&self) {
        self.last.catch_up(self.clock.now());
    }
}

impl<C: Clock> Clock for TickedClock<C> {
    fn now(&self) -> Now {
        self.last.now()
    }

    fn mono(&self) -> Mono {
        self.last.mono()
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::time::Wall;

    #[test]
    fn clones_tell_the_time_of_the_last_tick_of_any() {
        let machine = ManualClock::at(Wall::from_secs(100));
        let one = TickedClock::new(machine.clone());
        let other = one.clone();
        machine.advance(Duration::from_secs(1));
        assert_eq!((one.mono(), other.mono()), (Mono::ZERO, Mono::ZERO));
        other.tick();
        assert_eq!(one.now(), machine.now());
        machine.set_wall(Wall::from_secs(50));
        assert_eq!(one.now().wall, Wall::from_secs(101));
        one.tick();
        assert_eq!(other.now(), machine.now(), "dates may go back");
    }

    #[test]
    fn a_tick_that_was_read_before_another_does_not_turn_time_back() {
        let clock = TickedClock::new(ManualClock::default());
        let late = Now {
            mono: Mono::from_secs(1),
            wall: Wall::from_secs(1),
        };
        clock.last.catch_up(Now {
            mono: Mono::from_secs(2),
            wall: Wall::from_secs(2),
        });
        clock.last.catch_up(late);
        assert_eq!(
            (clock.mono(), clock.now().wall),
            (Mono::from_secs(2), late.wall)
        );
    }
}
