//! `health-sim`: outages in virtual time, played through the real monitor and selector.
//!
//! A [`Scenario`] says what the world is like and what goes wrong in it; [`play`] runs a
//! [`Contender`] through it. What happens to a request depends on the seed, the request's number
//! and the origin alone, so that all contenders meet the same world.

mod chart;
mod contender;
mod draw;
mod fault;
mod jitter;
mod ours;
mod peers;
mod report;
mod rules;
mod scenario;
mod score;
mod table;
mod truth;
mod world;

pub use chart::chart;
pub use contender::{Contender, Pick, Ticket};
pub use ours::Ours;
pub use peers::{PEERS, peer};
pub use report::{Report, Who, report};
pub use scenario::{Scenario, ScenarioError};
pub use score::{Score, Second};
pub use table::{Plan, Row};
pub use truth::Oracle;
pub use world::play;
