//! One exchange, step by step, without store, body or runtime: from a request head to what the client gets.
//!
//! ```text
//! Opening::of ── Bypass ───────────────────────────────────────────────► forward, Answer::invalidated
//!      └─ Lookup ─ found ─ (variants: again) ─► Selected ─ decide ─► hit: serve
//!                                                  └─ Flights::join ─► Lead ─ forward ─ receive ─► Received
//!                                                                  └─► Wait ─► Outcome
//! ```
//!
//! A driver carries heads and bodies between these values. Each state is consumed by its step, so that none can be
//! left out; what happens when one is dropped stands at its type.

mod flight;
mod lookup;
mod memory;
mod receive;
mod wait;

pub use flight::{FlightState, Flights, Joined, Lead, Release};
pub use lookup::{Found, Lookup, Opening, Selected};
#[cfg(feature = "tower")]
pub(crate) use receive::copy_of;
pub use receive::{PartPlacement, Placement, Received, receive};
pub use wait::{Outcome, Wait};
