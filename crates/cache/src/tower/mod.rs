//! A [tower](https://docs.rs/tower) layer around any HTTP service: hyper, axum, tonic, or a client.
//!
//! ```text
//! request ─► CacheService ─► hit: ready at once from the store
//!                        └─► else: a boxed future that waits for another's answer, or calls the inner service
//! ```
//!
//! The inner service takes `Request<RequestBody<B>>`: the client's body, or an empty one when the cache asks on its
//! own behalf (background revalidation). It must be `Clone`, as hyper's and reqwest's clients are.
//!
//! When the inner service fails, a stored response is served stale if nothing forbids it. If something does
//! (`must-revalidate`), the answer is 504 (RFC 9111 section 5.2.2.2). With nothing stored, the error is passed on to
//! the request that met it, and requests that were waiting for its answer get a 502.
//!
//! # Interim responses
//!
//! A service answers once, so that 1xx responses (RFC 9110 section 15.2) pass beside the layer: clients give them to what
//! the request's extensions name, as hyper's does with `ext::on_informational`. The layer keeps the extensions, so that
//! whoever's request goes to the origin hears its 103 (RFC 8297). Those who wait for that answer do not: a hint is for the
//! client whose request led to it, and clients have to do without. None is stored, and a hit has none. What the cache
//! asks on its own behalf (in the background, further slices, the rest of a body) names the same receiver, which
//! therefore has to fall silent when its final response begins.

mod answer;
mod assembled;
mod body;
mod config;
mod drain;
mod explain;
mod fetch;
mod fill;
mod future;
mod held;
mod keep;
mod layer;
mod multipart;
mod note;
mod origin;
mod partial;
mod plan;
mod present;
mod reader;
mod request_body;
mod respond;
mod resume;
mod service;
mod shared;
mod slices;
mod source;
mod tiered;
mod validate;
mod variants;
mod wait;
mod waited;
mod wakers;
mod watch;

pub use body::{BodyError, CacheBody};
pub use config::{CacheConfig, OnDisconnect, Ranges, Spawn, Task};
pub use future::ResponseFuture;
pub use layer::CacheLayer;
pub use note::Note;
pub use request_body::RequestBody;
pub use service::CacheService;
pub use tiered::{Tier, Tiered, Upstream};
pub use wait::{Alarm, Sleep};
