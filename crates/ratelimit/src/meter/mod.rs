//! How much a key has used, and whether more fits: the arithmetic of limits.
//!
//! Every meter answers with a [`Reading`]. [`Gcra`] is the one to start with: 8 bytes per key, and
//! its decisions are exact.

mod gcra;
mod reading;

pub use gcra::Gcra;
pub(crate) use reading::Gauge;
pub use reading::{Reading, Verdict};
