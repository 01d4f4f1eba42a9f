//! One limit over many nodes, by way of Redis.
//!
//! A rule says how it is shared: [`Distributed::Delta`] or [`Distributed::Strict`]. An [`Engine`] then
//! keeps what the nodes have admitted in Redis, or Valkey, single or in cluster mode.
//!
//! *Delta.* Every node decides alone, at once, by what it believes a key owes everywhere. Every 50 to
//! 200 ms it sends what it has admitted and what was asked of it; a script adds that up whatever it
//! is, and answers with what the key owes and how often all nodes were asked for it. What a node
//! admits in between costs it `1 / share`, where the share is its part of that demand: it pays for
//! the others too. So the rate is exact in the long run, and only a change of who is asked, within an
//! interval, can go over. A key that is spent fast, or that nothing is known of, is sent at once.
//!
//! *Strict.* Every request is decided by one script over all its strict rules, atomically, in one hash
//! slot; [`Engine::check`] waits for that, up to a deadline. What was denied is denied without asking
//! until it could fit. Behind `tower`, a `DistributionLayer` does so for every request; the
//! `RateLimitLayer` does for rules by delta, and refuses strict ones.
//!
//! *When Redis is slow or gone*, a breaker opens and nobody waits; each lane has its own, so that the
//! loss of one master concerns its keys only. Whether the store is back a task finds out, at no
//! request's expense. Each rule then does what its [`OnStoreError`] says; by
//! default each node goes on with the share it had last, so that all together stay at the limit. What is
//! admitted meanwhile is kept, in bounded memory, and sent later, less what the node's share has paid
//! for by then; each batch counts once however often it has to be sent. [`Engine::stats`] tells all of
//! this.
//!
//! # What stands in Redis
//!
//! A string of 24 bytes per key, named `{PREFIX.LANE}:RULE:HASH`, which expires when the key owes
//! nothing. Scripts read the time of the server, so nodes' clocks may differ as they like. All nodes
//! need the same rules, prefix, number of lanes, and the same secret for [`KeyHasher::shared`],
//! by which keys have one name on all nodes and none that says whose it is. Lanes are spread over the
//! slots of a cluster; strict rules share one slot.
//!
//! Redis 7 is what tests run against. Valkey speaks the same protocol and has the same commands, and
//! was not tried.
//!
//! [`KeyHasher::shared`]: crate::key::KeyHasher::shared

mod board;
mod driver;
mod entry;
mod error;
mod hash;
#[cfg(feature = "tower")]
mod layer;
mod replica;
mod script;
mod settings;
mod sharing;
mod stats;
mod sync;
mod terms;
#[cfg(test)]
mod tests;

pub use driver::{Engine, Store};
pub use error::StoreError;
pub(crate) use hash::SharedHash;
#[cfg(feature = "tower")]
pub use layer::{Distribution, DistributionFuture, DistributionLayer};
pub(crate) use replica::{Replica, Sharing};
pub(crate) use script::Told;
pub use settings::Settings;
pub use sharing::{Distributed, OnStoreError};
pub use stats::{Health, Stats};
pub(crate) use terms::Terms;
