//! Several limits for one request, decided together.
//!
//! A [`Rule`] says what is limited, per which key and to which rate; a [`Limiter`] holds the rules'
//! tables and answers a request with one [`Decision`]: all rules count it, or none.

mod check;
mod condition;
#[cfg(feature = "serde")]
mod config;
mod counts;
mod decision;
mod hold;
mod limiter;
#[cfg(feature = "calendar")]
mod quotas;
mod spec;
#[cfg(feature = "redis")]
mod strict;

pub use condition::Condition;
#[cfg(feature = "serde")]
pub use config::{OverrideConfig, RuleConfig};
pub use counts::Counts;
pub use decision::{Decision, Reason};
pub use hold::Hold;
pub use limiter::{Limiter, RuleCounts};
#[cfg(feature = "calendar")]
pub use quotas::SavedQuota;
pub use spec::{Missing, Mode, Rule};
#[cfg(feature = "redis")]
pub(crate) use strict::{Ask, Planned, Ruling};
