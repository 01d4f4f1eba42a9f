//! A [tower](https://docs.rs/tower) service that balances over a pool, with retries and hedges.
//!
//! ```text
//! request ─► Balance ─► picks an origin ─► inner service (a client) ─► answer
//!                ▲                                   │ fails, or is late
//!                └── another origin, if budget, deadline and idempotency allow ◄┘
//! ```
//!
//! The inner service is any HTTP client that can be cloned; it learns from the request's URI, and from
//! [`Picked`] in its extensions, where to send it. Readiness of the inner service is waited for in each attempt
//! and says nothing about an origin: only outcomes do, and they reach the monitor through the selector's guards.
//!
//! What may be sent twice is said by [`Classify`], or by an [`Idempotency`](crate::retry::Idempotency) in the
//! request's extensions. A body is kept for another attempt only if it says that it is no longer than
//! [`max_replay`](BalanceConfig::max_replay); a longer one is streamed, once: as long as no origin has taken of it, another
//! may have it. Nobody is blamed for a client that sends slowly or breaks off ([`Upload`]), nor for what is missing on this
//! machine ([`is_ours`](crate::is_ours)).

mod answer;
mod attempt;
mod balance;
mod body;
mod classify;
mod config;
mod drive;
mod error;
mod layer;
mod place;
mod shared;
mod upload;

pub use answer::AnswerBody;
pub use balance::Balance;
pub use body::SendBody;
pub use classify::{ByHttp, Classify};
pub use config::{BalanceConfig, Place};
pub use error::BalanceError;
pub use layer::BalanceLayer;
pub use place::{Key, Picked, Served};
pub use shared::Counts;
pub use upload::{Late, Upload, UploadBody};
