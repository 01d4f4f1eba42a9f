//! [`Policy`]: how many may wait, how long, in which classes.

use std::time::Duration;

use eaves_common::{Error, ErrorKind};

/// How many requests may wait, and how long.
///
/// ```
/// use std::time::Duration;
/// use eaves_ratelimit::shed::Policy;
///
/// // Payments wait up to a second, pages half as long, crawlers 100 ms.
/// let classes = [1_000, 500, 100].map(Duration::from_millis);
/// let policy = Policy::new(1_000, classes)?.target(Duration::from_millis(10));
/// # Ok::<(), eaves_ratelimit::shed::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(super) capacity: usize,
    pub(super) deadlines: Vec<Duration>,
    pub(crate) target: Duration,
    pub(crate) interval: Duration,
}

impl Policy {
    /// Makes a policy of how many may wait in all, and of how long each class may at most, the most
    /// important class first. The target is 5 ms, the interval 100 ms.
    ///
    /// # Errors
    /// [`PolicyError`] unless the capacity is 1 to 1,048,576 and there are 1 to 16 classes.
    pub fn new(
        capacity: usize,
        deadlines: impl IntoIterator<Item = Duration>,
    ) -> Result<Self, PolicyError> {
        if !(1..=MOST_WAITING).contains(&capacity) {
            return Err(PolicyError::Capacity { found: capacity });
        }
        // One more than may be is enough to see that there are too many.
        let deadlines: Vec<_> = deadlines.into_iter().take(MOST_CLASSES + 1).collect();
        if !(1..=MOST_CLASSES).contains(&deadlines.len()) {
            return Err(PolicyError::Classes {
                found: deadlines.len(),
            });
        }
        Ok(Self {
            capacity,
            deadlines,
            target: Duration::from_millis(5),
            interval: Duration::from_millis(100),
        })
    }

    /// Sets the wait that is fine; under overload nobody waits longer, but for the last one left.
    ///
    /// Choose several times the mean time between two requests, lest the service run dry.
    #[must_use]
    pub const fn target(mut self, target: Duration) -> Self {
        self.target = target;
        self
    }

    /// Sets how long the oldest must have waited longer than the target until that is overload.
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// How long a request of this class may wait.
    #[cfg(feature = "tower")]
    pub(crate) fn deadline(&self, class: Class) -> Duration {
        let last = self.deadlines.len() - 1; // there is at least one
        self.deadlines[usize::from(class.rank()).min(last)]
    }
}

/// The importance of a request; 0 is the highest. Beyond the last class of a policy it is the last.
///
/// ```
/// use eaves_ratelimit::shed::Class;
///
/// assert!(Class::new(0) < Class::new(1)); // served before
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Class(u8);

impl Class {
    /// Makes a class.
    #[must_use]
    pub const fn new(rank: u8) -> Self {
        Self(rank)
    }

    /// Returns its rank, 0 being the highest.
    #[must_use]
    pub const fn rank(self) -> u8 {
        self.0
    }
}

/// A policy that cannot be.
///
/// ```
/// use eaves_ratelimit::shed::Policy;
///
/// assert_eq!(Policy::new(100, []).unwrap_err().to_string(), "0 classes are out of range, use 1 to 16");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// So many cannot wait.
    #[error("a queue of {found} requests is out of range, use 1 to {MOST_WAITING}")]
    Capacity {
        /// What was asked for.
        found: usize,
    },
    /// There are none, or too many to look at each time.
    #[error("{found} classes are out of range, use 1 to {MOST_CLASSES}")]
    Classes {
        /// How many there were, counted up to 17.
        found: usize,
    },
}

impl From<PolicyError> for Error {
    fn from(error: PolicyError) -> Self {
        Self::with_source(ErrorKind::Invalid, "building a queue", error)
    }
}

const MOST_WAITING: usize = 1 << 20;
const MOST_CLASSES: usize = 16;
