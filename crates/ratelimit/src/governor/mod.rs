//! Bounded memory for users of the `governor` crate, and its quotas as our rates.
//!
//! Single limiters without keys, and waiting for them in async code, are governor's own; turn on its
//! `std` feature for them. What its keyed limiters lack is a bound: [`BoundedStore`] gives them one
//! by changing one type.

mod quota;
mod store;

pub use quota::{QuotaError, quota};
pub use store::BoundedStore;
