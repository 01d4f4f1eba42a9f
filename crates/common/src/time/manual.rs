//! [`ManualClock`]: time that moves only when told to.

use alloc::sync::Arc;
use core::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::{Clock, Mono, Now, Wall};

/// A clock for tests and simulations: clones share it, any thread may move it.
///
/// ```
/// use core::time::Duration;
/// use eaves_common::time::{Clock, ManualClock, Wall};
///
/// let clock = ManualClock::at(Wall::from_secs(1_000));
/// clock.advance(Duration::from_secs(5));
/// clock.set_wall(Wall::from_secs(3)); // wall time may jump back; monotonic time never does
/// assert_eq!(clock.now().mono.as_secs(), 5);
/// assert_eq!(clock.now().wall.as_secs(), 3);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<Times>);

#[derive(Debug, Default)]
struct Times {
    mono: AtomicU64,
    wall: AtomicU64,
}

impl ManualClock {
    /// Makes a clock whose monotonic time is zero and whose wall time is `wall`.
    #[must_use]
    pub fn at(wall: Wall) -> Self {
        let clock = Self::default();
        clock.set_wall(wall);
        clock
    }

    /// Moves both kinds of time forward together.
    pub fn advance(&self, by: Duration) {
        self.advance_mono(by);
        self.update_wall(|wall| wall + by);
    }

    /// Moves monotonic time alone, as if the wall clock had been held back.
    pub fn advance_mono(&self, by: Duration) {
        update(&self.0.mono, |nanos| {
            (Mono::from_nanos(nanos) + by).as_nanos()
        });
    }

    /// Sets wall time alone; it may jump in both directions.
    pub fn set_wall(&self, wall: Wall) {
        self.0.wall.store(wall.as_nanos(), Ordering::SeqCst);
    }

    fn update_wall(&self, change: impl Fn(Wall) -> Wall) {
        update(&self.0.wall, |nanos| {
            change(Wall::from_nanos(nanos)).as_nanos()
        });
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        Now {
            mono: Mono::from_nanos(self.0.mono.load(Ordering::SeqCst)),
            wall: Wall::from_nanos(self.0.wall.load(Ordering::SeqCst)),
        }
    }
}

fn update(cell: &AtomicU64, change: impl Fn(u64) -> u64) {
    let _ = cell.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |nanos| {
        Some(change(nanos))
    });
}
