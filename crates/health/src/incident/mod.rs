//! From events to incidents that people can read.
//!
//! A [`Tracker`] groups a pool's events and its users' [`Reports`] into [`Incident`]s with a life
//! cycle, a severity and a history; [`Uptime`] says how much of the last hour or quarter was good.
//! All is plain data that a status page renders and a file keeps over a restart (feature `serde`).

mod model;
mod reports;
mod tracker;
mod uptime;

pub use model::{Entry, Incident, Phase, Severity};
pub use reports::{Baseline, Reports};
pub use tracker::{History, Tracker, Update};
pub use uptime::{Span, Uptime};
