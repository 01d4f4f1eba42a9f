//! How much a key has used, and whether more fits: the arithmetic of limits.
//!
//! A [`Meter`] is one limit; what it remembers of a key is a small value that the caller keeps:
//!
//! | meter | bytes per key | admits in any period |
//! |---|---|---|
//! | [`SlidingWindow`] | 56 | on random load 1.06 of the limit, aimed at 2; `strict`: 1, always |
//! | [`TwoWindow`] | 16 | on random load 1.14 of the limit, aimed at 2 |
//! | [`FixedWindow`] | 16 | 2 of the limit |
//! | [`Log`] | 24, and 8 for each unit of the limit | the limit, exactly |
//! | `Calendar` (feature `calendar`) | 24 | the limit per hour, day or month |
//! | [`Concurrency`] | 4 | the limit at a time |
//! | [`PenaltyBox`] | 16 | nothing, after too many denials |

#[cfg(feature = "calendar")]
mod calendar;
mod concurrency;
mod error;
mod log;
mod outcome;
mod penalty;
mod window;

#[cfg(feature = "calendar")]
pub use calendar::{Calendar, CalendarState, Period, Snapshot, Zone};
pub use concurrency::{Concurrency, ConcurrencyState};
pub use error::MeterError;
pub use log::{Log, LogState};
pub use outcome::{Meter, Outcome};
pub use penalty::{PenaltyBox, PenaltyState};
pub use window::{FixedState, FixedWindow, SlidingState, SlidingWindow, SubBuckets, TwoWindow};
