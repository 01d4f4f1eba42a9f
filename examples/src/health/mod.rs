//! Programs about origin health.

pub mod balance;
pub mod cost;
pub mod sim;
pub mod watch;
