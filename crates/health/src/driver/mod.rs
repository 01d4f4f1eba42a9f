//! Runs a pool's monitor on tokio: sends its probes, carries traffic's evidence to it, tells of changes.
//!
//! [`spawn`] starts it and returns a [`Handle`]; nothing runs before, and nothing after the handle
//! is stopped or dropped. A prober that panics costs its verdict and nothing else.

mod handle;
mod prober;
mod run;

pub use handle::{Handle, spawn, spawn_with};
