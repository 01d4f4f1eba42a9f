//! HTTP/1.1 on sockets: accepting connections, and what a proxy does to heads between two hops.
//!
//! Framing is hyper's; this module adds limits, draining and interim (1xx) responses.

mod body;
mod hop;
mod interim;
mod server;
mod target;

pub use body::{Body, BoxError, boxed, empty, text};
pub use hop::{Via, strip_hop_by_hop};
pub use interim::{InterimIo, InterimSink};
pub use server::{HttpLimits, Peer, ServerCounters, serve};
pub use target::{Refusal, absolute};
