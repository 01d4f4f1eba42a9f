//! Smooths traffic instead of refusing it: requests wait and leave at a steady rate, in fair order.
//!
//! A [`Shaper`] holds requests back until their turn. Turns come at a [`Rate`](eaves_common::units::Rate)
//! over all keys: so many units a period, a burst at once from idle. Whose turn it is follows
//! start-time fair queueing (Goyal, Vin, Cheng: SIGCOMM 1996): each key gets an equal share of the
//! units while it has something waiting, so that one that sends much waits behind its own requests
//! and not before those of others. A full queue lets those go that would be served last.
//!
//! The core has no clock and no task. With the feature `async`, a `Gate` makes futures of it.

#[cfg(feature = "async")]
mod gate;
mod order;
mod pace;
mod policy;
mod shaper;
mod turn;

#[cfg(feature = "async")]
pub use gate::{Gate, Pass};
pub use policy::{Policy, PolicyError};
pub use shaper::Shaper;
pub use turn::{Arrival, Passed, Reason, Refused, Ticket};
