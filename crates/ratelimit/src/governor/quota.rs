//! A [`Rate`] as governor's `Quota`; the other way is `Rate::from(quota)`.
//!
//! This is a function because both types come from elsewhere, where a `TryFrom` may not be written
//! for them.

use std::{num::NonZeroU32, time::Duration};

use ::governor::Quota;
use eaves_common::units::Rate;

/// Makes a quota of a rate.
///
/// ```
/// use eaves_ratelimit::governor::{QuotaError, quota};
///
/// let exact = quota("50/1s burst 10".parse()?).unwrap();
/// assert_eq!(exact.replenish_interval().as_millis(), 20);
/// assert_eq!(quota("3/1s".parse()?), Err(QuotaError::Interval)); // a third of a second has no end
/// # Ok::<(), eaves_common::units::UnitError>(())
/// ```
///
/// # Errors
///
/// If governor cannot hold it: the interval is not a whole number of nanoseconds, or the burst is
/// over 32 bits.
pub fn quota(rate: Rate) -> Result<Quota, QuotaError> {
    let (count, period) = (u128::from(rate.count().get()), rate.period().as_nanos());
    if period % count != 0 {
        return Err(QuotaError::Interval);
    }
    let interval = u64::try_from(period / count).map_err(|_| QuotaError::Interval)?;
    let burst = u32::try_from(rate.burst().get()).map_err(|_| QuotaError::Burst)?;
    let burst = NonZeroU32::new(burst).ok_or(QuotaError::Burst)?;
    let quota = Quota::with_period(Duration::from_nanos(interval)).ok_or(QuotaError::Interval)?;
    Ok(quota.allow_burst(burst))
}

/// A rate that governor cannot hold.
///
/// ```
/// use eaves_ratelimit::governor::QuotaError;
///
/// assert_eq!(QuotaError::Burst.to_string(), "the burst does not fit 32 bits");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuotaError {
    /// The burst is too large.
    #[error("the burst does not fit 32 bits")]
    Burst,
    /// The interval between two units is no whole number of nanoseconds within 584 years.
    #[error("the interval is not a whole number of nanoseconds")]
    Interval,
}

impl From<QuotaError> for eaves_common::Error {
    fn from(error: QuotaError) -> Self {
        Self::with_source(
            eaves_common::ErrorKind::Unsupported,
            "making a quota",
            error,
        )
    }
}
