//! governor's `Quota` and our `Rate`.
//!
//! These are functions because both types come from elsewhere, where a `From` may not be written
//! for them.

use std::{num::NonZeroU32, time::Duration};

use ::governor::Quota;
use eaves_common::units::Rate;

/// Reads a quota as a rate that limits alike: one unit per replenish interval, with its burst.
///
/// governor cuts the interval to whole nanoseconds, `Quota::per_second(3)` is one per 333,333,333
/// ns; this is what the rate says then.
///
/// ```
/// use std::num::NonZeroU32;
/// use eaves_ratelimit::governor::rate;
/// use governor::Quota;
///
/// let quota = Quota::per_second(NonZeroU32::new(50).unwrap());
/// assert_eq!(rate(quota).to_string(), "1/20ms burst 50");
/// ```
#[must_use]
pub fn rate(quota: Quota) -> Rate {
    // governor counts with a nanosecond where rounding left it none.
    let interval = quota.replenish_interval().max(Duration::from_nanos(1));
    let burst = quota.burst_size().get().into();
    let rate = Rate::per(1, interval).and_then(|rate| rate.with_burst(burst));
    rate.unwrap_or_else(|_| unreachable!("neither the interval nor the burst is zero"))
}

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
