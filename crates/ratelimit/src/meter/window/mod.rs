//! Limits per window of time: counted in sub-buckets that slide, or in windows that start afresh.

mod fixed;
mod span;
mod sub_buckets;

pub use fixed::{FixedState, FixedWindow};
pub(super) use span::{Span, wait};
pub use sub_buckets::{SlidingState, SlidingWindow, SubBuckets, TwoWindow};
