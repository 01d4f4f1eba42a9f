//! How answers in a row become a verdict, and how long who was put out stays out.
//!
//! What is public here is of use by itself, without a pool: [`RiseFall`] and [`Accrual`] for one
//! checker, [`Quorum`] for several, [`Breaker`] for whatever one calls.

mod accrual;
mod breaker;
mod hold;
mod quorum;
mod rise_fall;

pub use accrual::Accrual;
pub use breaker::{Admission, Breaker, BreakerConfig, BreakerState, Pass};
pub(crate) use hold::{Hold, HoldTerms};
pub use quorum::{Quorum, Vote};
pub use rise_fall::RiseFall;
