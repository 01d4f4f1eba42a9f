//! [`TokioClock`]: the time of a tokio runtime, paused or not.

use core::time::Duration;

use ::tokio::time::Instant;

use super::{Clock, Mono, Now, Wall};

/// A clock that stands still while `tokio::time::pause` holds, and moves with `advance`.
///
/// Both kinds of time move as tokio's does. The wall starts where it is told to and does not follow
/// the machine's corrections; outside of tests [`SystemClock`](super::SystemClock) does that, and
/// agrees with a runtime that is never paused.
///
/// ```
/// use core::time::Duration;
/// use eaves_common::time::{Clock, TokioClock, Wall};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
/// # runtime.block_on(async {
/// let clock = TokioClock::at(Wall::from_secs(1_000));
/// tokio::time::sleep(Duration::from_secs(60)).await; // paused: returns at once
/// assert_eq!(clock.now().mono.as_secs(), 60);
/// assert_eq!(clock.now().wall.as_secs(), 1_060);
/// # });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    zero: Instant,
    wall: Wall,
}

impl TokioClock {
    /// Makes a clock whose monotonic time is zero now, and whose wall time is `wall` now.
    #[must_use]
    pub fn at(wall: Wall) -> Self {
        Self {
            zero: Instant::now(),
            wall,
        }
    }

    fn elapsed(self) -> Duration {
        Instant::now().saturating_duration_since(self.zero)
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Now {
        let elapsed = self.elapsed();
        Now {
            mono: Mono::ZERO + elapsed,
            wall: self.wall + elapsed,
        }
    }
}
