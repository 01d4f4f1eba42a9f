//! How many requests a service can have under way, learned from how they fare.
//!
//! A [`Limiter`] hands out [`Permit`]s; each comes back with its outcome: success (and how long it
//! took), drop (the service was overloaded: a timeout, a 503), or neither. Outcomes add up to rounds;
//! after each the [`Algorithm`] sets the limit anew:
//!
//! - [`Aimd`] goes up by one and, after a drop or a slow round, down by a tenth: for services that
//!   refuse when overloaded.
//! - [`Gradient2`] goes by the ratio of usual to present latency: for services that slow down.
//! - [`Vegas`] keeps a few requests queued by its estimate: the same, with the shortest queues.
//!
//! Whatever the algorithm, a limit of which less than half is in use does not grow, and each outcome
//! counts in a round that began before its request did: the limit never reacts twice to one event.

mod aimd;
mod algorithm;
mod baseline;
mod gradient2;
mod limiter;
mod permit;
mod round;
mod vegas;

pub use aimd::Aimd;
pub use algorithm::Algorithm;
pub use gradient2::Gradient2;
pub use limiter::{Bounds, Limiter};
pub use permit::{Admission, Full, Permit};
pub use vegas::Vegas;
