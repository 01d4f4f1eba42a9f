//! [`Span`]: a checked limit per period, as all windows begin.

use std::time::Duration;

use eaves_common::{time::Mono, units::Rate};

use crate::meter::MeterError;

/// So many units per so many nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::meter) struct Span {
    pub(in crate::meter) limit: u32,
    pub(in crate::meter) nanos: u64,
}

impl Span {
    pub(in crate::meter) fn of(rate: Rate, most: u32) -> Result<Self, MeterError> {
        if rate.burst() != rate.count() {
            return Err(MeterError::Burst { rate });
        }
        let (limit, most) = (rate.count().get(), u64::from(most));
        if limit > most {
            return Err(MeterError::Limit { limit, most });
        }
        let nanos = u64::try_from(rate.period().as_nanos()).unwrap_or(u64::MAX);
        if !(SHORTEST..=LONGEST).contains(&nanos) {
            return Err(MeterError::Period { rate });
        }
        let limit = limit as u32; // at most `most`
        Ok(Self { limit, nanos })
    }
}

/// Returns how long it is to a time that has been found to come.
pub(in crate::meter) fn wait(time: u64, now: Mono) -> Duration {
    // At the end of all time it would be zero, which means "now".
    (Mono::from_nanos(time) - now).max(Duration::from_nanos(1))
}

const SHORTEST: u64 = 1_000;
/// 500 years of 365 days: sums of a time and a period stay below 2^64 for the next 84 years.
const LONGEST: u64 = 500 * 365 * 86_400 * 1_000_000_000;
