//! How much a key has used, and whether more fits: the arithmetic of limits.
//!
//! [`Gcra`] is the one to start with: its state is one word, so that its tables need no lock. The
//! other limits are [`Meter`]s: what each remembers of a key is a small value, which a [`Keyed`]
//! keeps for many keys in fixed memory, or the caller in a place of its own.
//!
//! | meter | bytes per key | admits in any period |
//! |---|---|---|
//! | [`Gcra`] | 8 or 16 | the count and the burst |
//! | [`SlidingWindow`] | 56 | on random load 1.06 of the limit, aimed at 2; `strict`: 1, always |
//! | [`TwoWindow`] | 16 | on random load 1.14 of the limit, aimed at 2 |
//! | [`FixedWindow`] | 16 | 2 of the limit |
//! | [`Log`] | 24, and 8 for each unit of the limit | the limit, exactly |
//! | `Calendar` (feature `calendar`) | 24 | the limit per hour, day or month |
//! | [`Concurrency`] | 4 | the limit at a time |
//! | [`PenaltyBox`] | 16 | nothing, after too many denials |
//!
//! A [`Keyed`] adds 16 bytes to each state for the key, and 16 to each four for their lock.

mod any;
#[cfg(feature = "calendar")]
mod calendar;
mod concurrency;
mod error;
mod gcra;
mod keyed;
mod log;
mod outcome;
mod penalty;
mod reading;
mod window;

pub use any::Algorithm;
pub(crate) use any::{AnyMeter, Look};
#[cfg(feature = "calendar")]
pub(crate) use calendar::Dated;
#[cfg(feature = "calendar")]
pub use calendar::{Calendar, CalendarState, Period, Snapshot, Zone};
pub use concurrency::{Concurrency, ConcurrencyState};
pub use error::MeterError;
pub use gcra::Gcra;
pub use keyed::Keyed;
pub use log::{Log, LogState};
pub use outcome::{Meter, Outcome};
pub use penalty::{PenaltyBox, PenaltyState};
pub(crate) use reading::Gauge;
pub use reading::{Reading, Verdict};
pub use window::{FixedState, FixedWindow, SlidingState, SlidingWindow, SubBuckets, TwoWindow};
