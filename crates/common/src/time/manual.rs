//! [`ManualClock`]: time that moves only when told to.

use alloc::sync::Arc;
use core::{
    hint,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::{Clock, Mono, Now, Wall};

/// A clock for tests and simulations: clones share it, any thread may move it.
///
/// A reader never sees half a move: times that move together are read together.
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
        self.0.change(|now| Now {
            mono: now.mono + by,
            wall: now.wall + by,
        });
    }

    /// Moves monotonic time alone, as if the wall clock had been held back.
    pub fn advance_mono(&self, by: Duration) {
        self.0.change(|now| Now {
            mono: now.mono + by,
            ..now
        });
    }

    /// Moves to a reading of another clock; monotonic time never goes back.
    pub(super) fn catch_up(&self, to: Now) {
        self.0.change(|now| Now {
            mono: now.mono.max(to.mono),
            ..to
        });
    }

    /// Sets wall time alone; it may jump in both directions.
    pub fn set_wall(&self, wall: Wall) {
        self.0.change(|now| Now { wall, ..now });
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        loop {
            let before = self.0.writes.load(Ordering::SeqCst);
            let now = self.0.read();
            if before.is_multiple_of(2) && self.0.writes.load(Ordering::SeqCst) == before {
                return now;
            }
            hint::spin_loop();
        }
    }

    fn mono(&self) -> Mono {
        // A single number is whole without the lock.
        Mono::from_nanos(self.0.mono.load(Ordering::SeqCst))
    }
}

/// A sequence lock, since std's locks are not there without std: `writes` is odd during a write,
/// and a reader reads again if it moved.
#[derive(Debug, Default)]
struct Times {
    writes: AtomicU64,
    mono: AtomicU64,
    wall: AtomicU64,
}

impl Times {
    fn read(&self) -> Now {
        Now {
            mono: Mono::from_nanos(self.mono.load(Ordering::SeqCst)),
            wall: Wall::from_nanos(self.wall.load(Ordering::SeqCst)),
        }
    }

    fn change(&self, change: impl Fn(Now) -> Now) {
        let before = self.lock();
        let next = change(self.read());
        self.mono.store(next.mono.as_nanos(), Ordering::SeqCst);
        self.wall.store(next.wall.as_nanos(), Ordering::SeqCst);
        self.writes.store(before.wrapping_add(2), Ordering::SeqCst);
    }

    /// Makes `writes` odd; returns what it was.
    fn lock(&self) -> u64 {
        loop {
            let even = self.writes.load(Ordering::SeqCst) & !1;
            let odd = even.wrapping_add(1);
            let locked =
                self.writes
                    .compare_exchange(even, odd, Ordering::SeqCst, Ordering::SeqCst);
            if locked.is_ok() {
                return even;
            }
            hint::spin_loop();
        }
    }
}
