//! [`MeterError`]: limits that a meter cannot count.

use eaves_common::{Error, ErrorKind, units::Rate};

/// A meter that cannot be built.
///
/// ```
/// use eaves_ratelimit::meter::SlidingWindow;
///
/// let error = SlidingWindow::new("100/1m burst 20".parse()?).unwrap_err();
/// assert_eq!(error.to_string(), "100/1m burst 20 has a burst, which GCRA alone can hold back");
/// # Ok::<(), eaves_common::units::UnitError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MeterError {
    /// A meter other than GCRA admits all of its limit at once, so a burst would go unheeded.
    #[error("{rate} has a burst, which GCRA alone can hold back")]
    Burst {
        /// The rate.
        rate: Rate,
    },
    /// A quota by the calendar has no zone, or no period that a calendar has.
    #[cfg(feature = "calendar")]
    #[error("{rate} is no quota by the calendar without {needs}")]
    Calendar {
        /// The rate.
        rate: Rate,
        /// What it lacks.
        needs: &'static str,
    },
    /// The limit is more than is counted per key.
    #[error("a limit of {limit} is out of range, use 1 to {most}")]
    Limit {
        /// The limit.
        limit: u64,
        /// The largest that can be.
        most: u64,
    },
    /// The period is longer than nanoseconds in 64 bits can say, or too short to be divided.
    #[error("the period of {rate} is out of range, use 1us to 500 years")]
    Period {
        /// The rate.
        rate: Rate,
    },
    /// The system does not know the time zone.
    #[error(
        "`{name}` is no time zone, use `UTC`, an offset like `+05:30`, or a name like `Europe/Zurich`"
    )]
    Zone {
        /// What was written.
        name: String,
    },
}

#[cfg(feature = "calendar")]
impl MeterError {
    pub(crate) const fn needs_zone(rate: Rate) -> Self {
        let needs = "a time zone";
        Self::Calendar { rate, needs }
    }

    pub(super) const fn needs_period(rate: Rate) -> Self {
        let needs = "a period of 1h, 1d or 30d, which stands for a month";
        Self::Calendar { rate, needs }
    }
}

impl From<MeterError> for Error {
    fn from(error: MeterError) -> Self {
        Self::with_source(ErrorKind::Invalid, "building a meter", error)
    }
}
