//! Programs about origin health.

pub mod balance;
pub mod sim;
pub mod watch;
