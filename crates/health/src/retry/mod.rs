//! Whether a failed request is sent again, and when a slow one is sent twice.
//!
//! Retries hide single failures and multiply real outages, so a [`Budget`] bounds them to a share of the
//! requests; a [`Hedge`] says after which time another origin is asked, too.

mod budget;
mod decision;
mod hedge;

pub use budget::Budget;
pub use decision::{Attempt, Decision, GiveUp, Idempotency};
pub use hedge::Hedge;
