//! What traffic tells of an origin: shares of errors and latencies that fade with time.

mod drift;
mod latency;
mod window;

pub(crate) use drift::{Drift, LEAST_GAP, Shares};
pub(crate) use latency::Latency;
pub(crate) use window::{Window, share};
