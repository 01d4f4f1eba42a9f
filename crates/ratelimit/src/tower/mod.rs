//! Limits in front of any `tower` service of HTTP requests: hyper, axum, tonic.
//!
//! A [`RateLimitLayer`] is always ready, shares its limiter between clones, and passes the inner
//! service's body type on. A denied request never reaches the inner service; its answer is made by a
//! [`Reject`], and carries the `RateLimit` fields and `Retry-After` whatever that makes of it.
//!
//! A [`ConcurrencyLayer`] keeps the service itself from having more under way than it can bear; a
//! [`ShedLayer`] lets the others wait, the important before the rest, and sheds those that wait in vain.

mod concurrency;
mod future;
mod layer;
mod peer;
mod reject;
mod shed;
mod source;

pub use concurrency::{Busy, Concurrency, ConcurrencyFuture, ConcurrencyLayer, Refuse};
pub use future::ResponseFuture;
pub use layer::{RateLimit, RateLimitLayer};
pub use peer::{Peer, SocketPeer};
pub use reject::{Denied, Reject, Standard};
pub use shed::{Alike, Classify, Dismiss, ShedFuture, ShedLayer, Shedding};
pub use source::Source;
