//! How answers in a row become a verdict, and how long who was put out stays out.

mod hold;
mod rise_fall;

pub(crate) use hold::{Hold, HoldTerms};
pub use rise_fall::RiseFall;
