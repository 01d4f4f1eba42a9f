//! Programs about origin health.

pub mod sim;
pub mod watch;
