//! [`Policy`](super::Policy): how evidence becomes verdicts, a group of terms for each topic.

mod ejection;
mod errors;
mod probes;
mod ranges;
mod returning;
#[cfg(feature = "serde")]
mod span;
mod tiers;
pub(super) mod whole;

pub use ejection::Ejection;
pub use errors::{Errors, Stall};
pub use probes::{Initial, Overdue, Probes, Veto};
pub use returning::{Ramp, Trial};
pub use tiers::Tiers;
