//! Limits in front of any `tower` service of HTTP requests: hyper, axum, tonic.
//!
//! A [`RateLimitLayer`] is always ready, shares its limiter between clones, and passes the inner
//! service's body type on. A denied request never reaches the inner service; its answer is made by a
//! [`Reject`], and carries the `RateLimit` fields and `Retry-After` whatever that makes of it.
//!
//! A [`ConcurrencyLayer`] keeps the service itself from having more under way than it can bear.

mod concurrency;
mod future;
mod layer;
mod peer;
mod reject;
mod source;

pub use concurrency::{Busy, Concurrency, ConcurrencyFuture, ConcurrencyLayer, Refuse};
pub use future::ResponseFuture;
pub use layer::{RateLimit, RateLimitLayer};
pub use peer::{Peer, SocketPeer};
pub use reject::{Denied, Reject, Standard};
pub use source::Source;
