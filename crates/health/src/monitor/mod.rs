//! The heart: evidence comes in, verdicts go out, and nothing here touches the world.
//!
//! [`Monitor::handle_probe`], [`handle_traffic`](Monitor::handle_traffic) and
//! [`handle_timeout`](Monitor::handle_timeout) take evidence and time; after each, the caller drains
//! [`poll_probe`](Monitor::poll_probe) and [`poll_event`](Monitor::poll_event), and comes back at
//! [`poll_timeout`](Monitor::poll_timeout) at the latest. Selectors see the result at once.

mod event;
mod fitness;
mod limits;
pub(crate) mod machine;
mod members;
pub mod policy;
mod preset;
mod probing;
mod publish;
mod rebuild;
mod rules;
mod status;
mod track;
mod traffic;
mod vantage;

use machine::Monitor;

pub use event::{Change, Event, Evidence};
pub use fitness::Fitness;
pub use policy::whole::Policy;
pub use preset::Preset;
pub use probing::{Probe, ProbeId};
pub use rebuild::Rebuild;
pub use status::{OriginStatus, PoolStatus};
pub use track::Standing;
