//! The way to the origins: a pooled HTTP/1.1 client with deadlines, and errors that say what broke.

mod client;
mod error;
mod service;
mod watched;

pub use client::{Client, Timeouts};
pub use error::UpstreamError;
pub use service::{Forwarded, Route, Upstream, UpstreamBody};
pub use watched::{End, WatchedBody};
