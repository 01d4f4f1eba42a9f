//! [`Rotating`]: sketches that start afresh every window.

use std::{hash::Hash, time::Duration};

use eaves_common::time::Mono;

use super::{CountMin, TopK};

/// A sketch of the window that runs, and the one of the window before.
///
/// Windows begin at whole multiples of their length. What is older than the window before is gone:
/// counts decay by being forgotten, so they stay true of a window that was. Rotation swaps the two
/// sketches and clears one: time in proportion to its memory, once per window, no allocation.
///
/// ```
/// use core::time::Duration;
/// use eaves_common::{time::Mono, units::ByteSize};
/// use eaves_ratelimit::heavy::{Rotating, TopK};
///
/// let top = TopK::new(ByteSize::from_kib(64), 200, 0x5eed)?;
/// let mut top = Rotating::new(top, Duration::from_secs(10));
/// top.at(Mono::from_secs(9)).observe(&"203.0.113.9", 1);
/// top.at(Mono::from_secs(10)).observe(&"203.0.113.9", 1);
/// assert_eq!(top.running().count(&"203.0.113.9"), 1);
/// assert_eq!(top.finished().count(&"203.0.113.9"), 1);
/// # Ok::<(), eaves_ratelimit::heavy::SketchError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rotating<S> {
    running: S,
    finished: S,
    nanos: u64,
    window: u64,
}

impl<S: Sketch> Rotating<S> {
    /// Makes windows of the given length (at least a nanosecond) out of a sketch and a copy of it.
    #[must_use]
    pub fn new(sketch: S, window: Duration) -> Self {
        let mut running = sketch;
        running.forget();
        Self {
            finished: running.clone(),
            running,
            nanos: u64::try_from(window.as_nanos()).unwrap_or(u64::MAX).max(1),
            window: 0,
        }
    }

    /// Returns the sketch of the window that runs at `now`, after turning to it.
    ///
    /// A `now` before the window that runs counts in that.
    #[inline]
    pub fn at(&mut self, now: Mono) -> &mut S {
        let window = now.as_nanos() / self.nanos;
        if window > self.window {
            self.turn(window);
        }
        &mut self.running
    }

    /// Returns the sketch of the window that runs, as of the last call of [`at`](Self::at).
    pub const fn running(&self) -> &S {
        &self.running
    }

    /// Returns the sketch of the whole window before that one.
    pub const fn finished(&self) -> &S {
        &self.finished
    }

    fn turn(&mut self, window: u64) {
        std::mem::swap(&mut self.running, &mut self.finished);
        self.running.forget();
        if window - self.window > 1 {
            self.finished.forget();
        }
        self.window = window;
    }
}

/// What [`Rotating`] can turn: [`TopK`] and [`CountMin`].
///
/// ```
/// use core::time::Duration;
/// use eaves_ratelimit::heavy::{Rotating, Sketch};
///
/// fn by_minute<S: Sketch>(sketch: S) -> Rotating<S> {
///     Rotating::new(sketch, Duration::from_secs(60))
/// }
/// ```
pub trait Sketch: Clone + sealed::Forget {}

impl<K: Clone + Eq + Hash> Sketch for TopK<K> {}
impl Sketch for CountMin {}

mod sealed {
    #[expect(unnameable_types, reason = "it seals `Sketch`")]
    pub trait Forget {
        fn forget(&mut self);
    }
}

impl<K: Clone + Eq + Hash> sealed::Forget for TopK<K> {
    fn forget(&mut self) {
        self.clear();
    }
}

impl sealed::Forget for CountMin {
    fn forget(&mut self) {
        self.clear();
    }
}
