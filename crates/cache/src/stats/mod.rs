//! What a cache has done, and what its store holds: counters that are always on.

mod ages;
#[cfg(feature = "metrics")]
mod metrics;
mod requests;
mod store;

pub(crate) use ages::AgeCounters;
pub use ages::Ages;
pub use requests::{Count, Counters, Snapshot};
pub use store::{Refusals, Stats};
