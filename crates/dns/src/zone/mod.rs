//! Zones in memory and the answers they give.
//!
//! A [`Zone`] is immutable: a change makes another that shares all but what changed. Names are
//! found by hash, one look-up per label, so an answer costs the same however many names there are.

mod answer;
mod find;
mod load;
mod node;
mod problem;
mod respond;
mod set;
mod subject;
mod targets;
mod tree;
mod truncate;

pub use answer::{Answer, Transport};
pub use load::{Include, Load, Loader};
pub use problem::{Fault, Problem, Problems, Severity};
pub use respond::{Reply, refuse};
pub use set::Zones;
pub use subject::Subject;
pub use tree::{Change, RrsetView, Zone};
pub use truncate::truncate;
