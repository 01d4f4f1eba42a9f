//! Whether to try once more: retries and hedges within a budget that cannot start a retry storm.
//!
//! A [`Retry`] is shared by all threads; each takes a [`Worker`] of its own, whose counts reach the
//! shared [`Budget`] and the shared latency [`Quantile`] in batches, so that a request without a
//! failure touches no cache line of another core. A request is a [`Call`]; what comes out is a
//! [`Decision`] with its reason. Nothing here sends, waits or reads a clock: the caller does what
//! the decision says, on an origin that the call has not tried yet.
//!
//! What may be sent twice is the caller's to say ([`Idempotency`], RFC 9110 section 9.2.2), and so
//! is what went wrong ([`Failure`]).

mod backoff;
mod budget;
mod call;
mod config;
mod decision;
mod quantile;
mod worker;

pub use budget::{Balance, Budget, BudgetConfig};
pub use call::Call;
pub use config::{HedgeConfig, RetryConfig, RetryConfigError};
pub use decision::{Cause, Decision, Failure, Idempotency, Refusal};
pub use quantile::Quantile;
pub use worker::{Retry, Worker};
