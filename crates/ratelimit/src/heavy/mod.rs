//! Who sends the most, in memory fixed at construction.
//!
//! [`TopK`] names the heaviest keys of a stream (`HeavyKeeper`: Yang, Zhang, Li, Gong, Uhlig, Chen,
//! Li 2019). It under-counts and never over-counts, so nobody is framed. [`CountMin`] bounds the
//! count of any key from above (count-min with conservative update: Estan, Varghese 2002); it is a
//! detector, not a limiter, since a flood of keys that come once lifts everybody's bound.
//!
//! Both take `&mut self`: keep one per worker, under the same seed, and [`merge`](TopK::merge) copies of
//! them; nodes send each other a [`summary`](TopK::summary). [`Rotating`] starts them afresh every window. [`Offenders`]
//! turns a top list of addresses into prefixes for a firewall.

mod candidates;
mod count_min;
mod error;
mod offenders;
mod rotating;
mod rows;
mod seeded;
mod summary;
mod top;

pub use count_min::CountMin;
pub use error::SketchError;
pub use offenders::{Offender, Offenders, Widen};
pub use rotating::{Rotating, Sketch};
pub use summary::{BoundsSummary, TopSummary};
pub use top::{Heavy, TopK};
