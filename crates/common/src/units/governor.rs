//! governor's quotas as [`Rate`]s; only the crate that owns `Rate` may write this conversion.

use core::time::Duration;

use ::governor::Quota;

use super::Rate;

/// Reads a quota as a rate that limits alike: one unit per replenish interval, with its burst.
///
/// governor cuts the interval to whole nanoseconds, `Quota::per_second(3)` is one per 333,333,333
/// ns; this is what the rate says then.
///
/// ```
/// use core::num::NonZeroU32;
/// use eaves_common::units::Rate;
/// use governor::Quota;
///
/// let quota = Quota::per_second(NonZeroU32::new(50).unwrap());
/// assert_eq!(Rate::from(quota).to_string(), "1/20ms burst 50");
/// ```
impl From<Quota> for Rate {
    fn from(quota: Quota) -> Self {
        // governor counts with a nanosecond where rounding left it none.
        let interval = quota.replenish_interval().max(Duration::from_nanos(1));
        let burst = quota.burst_size().get().into();
        let rate = Self::per(1, interval).and_then(|rate| rate.with_burst(burst));
        rate.unwrap_or_else(|_| unreachable!("neither the interval nor the burst is zero"))
    }
}
