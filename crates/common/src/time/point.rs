//! [`Mono`], [`Wall`] and [`Now`]: nanosecond counts that saturate instead of overflowing.

use core::{
    ops::{Add, AddAssign, Sub},
    time::Duration,
};

/// Nanoseconds of a clock that never goes back; its zero is the clock's own choice.
///
/// ```
/// use core::time::Duration;
/// use eaves_common::time::Mono;
///
/// let start = Mono::from_nanos(5);
/// let later = start + Duration::from_secs(1);
/// assert_eq!(later - start, Duration::from_secs(1));
/// assert_eq!(start - later, Duration::ZERO); // saturates
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Mono(u64);

/// Nanoseconds since 1970-01-01T00:00:00Z; it may jump in both directions, and ends in 2554.
///
/// ```
/// use eaves_common::time::Wall;
///
/// assert_eq!(Wall::from_secs(784_111_777).as_secs(), 784_111_777);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Wall(u64);

macro_rules! point {
    ($type:ident) => {
        impl $type {
            /// The earliest point.
            pub const ZERO: Self = Self(0);
            /// The latest point.
            pub const MAX: Self = Self(u64::MAX);

            /// Makes a point from nanoseconds since its zero.
            #[must_use]
            pub const fn from_nanos(nanos: u64) -> Self {
                Self(nanos)
            }

            /// Makes a point from whole seconds since its zero; saturates.
            #[must_use]
            pub const fn from_secs(secs: u64) -> Self {
                Self(secs.saturating_mul(1_000_000_000))
            }

            /// Returns the nanoseconds since its zero.
            #[must_use]
            pub const fn as_nanos(self) -> u64 {
                self.0
            }

            /// Returns the whole seconds since its zero, rounded down.
            #[must_use]
            pub const fn as_secs(self) -> u64 {
                self.0 / 1_000_000_000
            }

            /// Returns how long ago `earlier` was, or zero if it is not earlier.
            #[must_use]
            pub const fn saturating_since(self, earlier: Self) -> Duration {
                Duration::from_nanos(self.0.saturating_sub(earlier.0))
            }

            /// Returns how long ago `earlier` was, or `None` if it is later than this.
            #[must_use]
            pub const fn checked_since(self, earlier: Self) -> Option<Duration> {
                match self.0.checked_sub(earlier.0) {
                    Some(nanos) => Some(Duration::from_nanos(nanos)),
                    None => None,
                }
            }

            /// Returns the point `by` later; saturates at [`MAX`](Self::MAX).
            #[must_use]
            pub const fn saturating_add(self, by: Duration) -> Self {
                Self(self.0.saturating_add(nanos(by)))
            }

            /// Returns the point `by` earlier; saturates at [`ZERO`](Self::ZERO).
            #[must_use]
            pub const fn saturating_sub(self, by: Duration) -> Self {
                Self(self.0.saturating_sub(nanos(by)))
            }
        }

        impl Add<Duration> for $type {
            type Output = Self;

            fn add(self, by: Duration) -> Self {
                self.saturating_add(by)
            }
        }

        impl AddAssign<Duration> for $type {
            fn add_assign(&mut self, by: Duration) {
                *self = self.saturating_add(by);
            }
        }

        impl Sub<Duration> for $type {
            type Output = Self;

            fn sub(self, by: Duration) -> Self {
                self.saturating_sub(by)
            }
        }

        impl Sub for $type {
            type Output = Duration;

            fn sub(self, earlier: Self) -> Duration {
                self.saturating_since(earlier)
            }
        }
    };
}

point!(Mono);
point!(Wall);

/// Saturates: what is before 1970 is [`Wall::ZERO`].
#[cfg(feature = "std")]
impl From<std::time::SystemTime> for Wall {
    fn from(time: std::time::SystemTime) -> Self {
        let since = time.duration_since(std::time::UNIX_EPOCH);
        Self::ZERO + since.unwrap_or_default()
    }
}

#[cfg(feature = "std")]
impl From<Wall> for std::time::SystemTime {
    fn from(wall: Wall) -> Self {
        Self::UNIX_EPOCH + Duration::from_nanos(wall.as_nanos())
    }
}

/// One reading of a clock: both kinds of time at the same moment.
///
/// ```
/// use eaves_common::time::{Mono, Now, Wall};
///
/// let now = Now { mono: Mono::from_secs(5), wall: Wall::from_secs(784_111_777) };
/// assert_eq!(now.mono.as_secs(), 5);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Now {
    /// For ages and deadlines within this process.
    pub mono: Mono,
    /// For dates, and for what outlives this process.
    pub wall: Wall,
}

/// A duration in nanoseconds, saturating at 584 years.
const fn nanos(duration: Duration) -> u64 {
    let nanos = duration.as_nanos();
    if nanos > u64::MAX as u128 {
        u64::MAX
    } else {
        nanos as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(Mono::MAX + Duration::from_secs(1), Mono::MAX);
        assert_eq!(Mono::ZERO - Duration::from_secs(1), Mono::ZERO);
        assert_eq!(Mono::ZERO + Duration::MAX, Mono::MAX);
        assert_eq!(Wall::from_secs(u64::MAX), Wall::MAX);
        assert_eq!(Wall::ZERO - Wall::MAX, Duration::ZERO);
    }

    #[test]
    fn a_point_before_another_has_no_checked_distance() {
        assert_eq!(Wall::from_secs(1).checked_since(Wall::from_secs(2)), None);
        assert_eq!(
            Wall::from_secs(2).checked_since(Wall::from_secs(1)),
            Some(Duration::from_secs(1))
        );
    }
}
