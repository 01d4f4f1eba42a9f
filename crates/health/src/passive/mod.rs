//! What traffic tells of an origin: shares of errors and latencies that fade with time.

mod latency;
mod window;

pub(crate) use latency::Latency;
pub(crate) use window::{Window, share};
