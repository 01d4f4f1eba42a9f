//! `limit-replay`: tries rules on recorded traffic.
//!
//! Requests come in as lines of `<unix_ms> <key> [cost]`, or from a combined access log, and go out as
//! one line each: `allow`, `deny <retry_after_ms>` or `deny never`.

mod cli;
mod line;
mod run;
#[cfg(test)]
mod tests;

pub use cli::{Algorithm, Cli};
pub use line::{Format, LineError, Request};
pub use run::{ReplayError, Summary, replay};
