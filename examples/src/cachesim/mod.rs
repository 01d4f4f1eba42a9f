//! `cachesim`: replays a trace through the cache and says what a cache of a size would serve.

pub mod cli;
mod error;
mod log;
mod plot;
mod replay;
mod trace;

pub use error::Error;
pub use replay::{Outcome, Policy, Run};
pub use trace::{Request, Trace};
