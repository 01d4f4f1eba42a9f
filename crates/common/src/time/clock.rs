//! [`Clock`], and the one that reads the machine's time.

use super::{Mono, Now};

/// Something that tells the time; drivers hold one and hand [`Now`] to the cores.
///
/// ```
/// use std::sync::Arc;
/// use eaves_common::time::{Clock, ManualClock};
///
/// fn driver(clock: Arc<dyn Clock>) -> u64 {
///     clock.now().mono.as_secs() // and `core.handle_timeout(now.mono)`
/// }
///
/// assert_eq!(driver(Arc::new(ManualClock::default())), 0);
/// ```
pub trait Clock: Send + Sync {
    /// Reads both kinds of time at once.
    fn now(&self) -> Now;

    /// Reads the monotonic time alone, which is cheaper where nobody asks for dates.
    fn mono(&self) -> Mono {
        self.now().mono
    }
}

impl<C: Clock + ?Sized> Clock for &C {
    fn now(&self) -> Now {
        (**self).now()
    }

    fn mono(&self) -> Mono {
        (**self).mono()
    }
}

impl<C: Clock + ?Sized> Clock for alloc::sync::Arc<C> {
    fn now(&self) -> Now {
        (**self).now()
    }

    fn mono(&self) -> Mono {
        (**self).mono()
    }
}

/// The machine's clock. All its copies count [`Mono`](super::Mono) from the same zero, the first
/// use of any of them in this process.
///
/// ```
/// use eaves_common::time::{Clock, SystemClock};
///
/// let first = SystemClock.now();
/// assert!(SystemClock.now().mono >= first.mono);
/// ```
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(feature = "std")]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
    fn now(&self) -> Now {
        Now {
            mono: self.mono(),
            wall: std::time::SystemTime::now().into(),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
    fn mono(&self) -> Mono {
        use std::{sync::OnceLock, time::Instant};

        static ZERO: OnceLock<Instant> = OnceLock::new();
        Mono::ZERO + ZERO.get_or_init(Instant::now).elapsed()
    }
}
