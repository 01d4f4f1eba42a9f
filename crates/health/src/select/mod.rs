//! Picking an origin: lock-free, without allocation, in bounded time.
//!
//! A [`Selector`] belongs to a worker; it reads the newest [`Snapshot`](crate::pool::Snapshot) and
//! keeps a board of its own with what is in flight and what came of it. A [`Guard`] stands for one
//! request; what it reports is the monitor's evidence from traffic.

mod algorithm;
mod answered;
mod board;
mod choice;
mod count;
mod guard;
mod hub;
mod keyed;
mod latest;
mod picker;
mod selector;

pub use algorithm::Algorithm;
pub use answered::Answered;
pub(crate) use board::{Board, Mark, Tally};
pub use guard::{Failure, Guard, Outcome};
pub(crate) use hub::{Hub, Report};
pub use picker::Picker;
pub use selector::Selector;
