//! Runs a pool's monitor on tokio: sends its probes, carries traffic's evidence to it, tells of changes.
//!
//! [`spawn`] starts it and returns a [`Handle`]; nothing runs before, and nothing after the handle
//! is stopped or dropped. [`Options`] starts it with another clock, prober or resolver, and with
//! origins that are given [by name](NamedOrigin) and looked up again and again. A prober that panics
//! costs its verdict and nothing else.

#[cfg(feature = "metrics")]
mod gauges;
mod handle;
mod named;
mod names;
mod options;
mod prober;
mod resolve;
mod run;
mod sockets;
mod spared;

pub use handle::{Handle, spawn, spawn_with};
pub use named::{NameStatus, NamedOrigin};
pub use options::Options;
pub use prober::{Finding, Probed, Prober, Probing};
pub use resolve::{Resolve, Resolved, Resolving, SystemResolver};
pub use sockets::Sockets;
