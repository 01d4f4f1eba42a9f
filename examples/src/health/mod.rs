//! Programs about origin health.

pub mod sim;
