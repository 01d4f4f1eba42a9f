//! [`TinyLfu`]: an in-memory cache of a byte budget, for any key and value.
//!
//! A request's key is hashed once; the hash picks the shard, the index bucket, the sketch's counters
//! and the ghost. Each shard is one lock over: `slab` (slots of entries), `index` (which slot has a
//! key), `heap` (which slot goes first), `sketch` (how often keys were asked for, resident or not),
//! `ghost` (what left lately) and `worth` (the policy's arithmetic).
//!
//! # Policy
//!
//! An entry is worth `uses^bias / weight` ([`Goal::Objects`]) or nearly `uses^bias`
//! ([`Goal::Bytes`]), and due when the shard's age reaches its worth plus the age at its last use;
//! the age is the highest due point evicted so far (greedy-dual ageing: Cherkasova's GDSF). Three
//! things are added to that:
//!
//! - *Memory.* Uses are remembered after an entry has gone, by a 4-bit count-min sketch which is
//!   halved as requests go by (the idea of `TinyLFU`: Einziger, Friedman, Manes).
//! - *Admission.* A newcomer enters only if nothing that would have to leave is worth clearly more
//!   than it, per byte; otherwise nothing leaves, and the age moves on.
//! - *Bias.* The exponent adapts between recency (near 0 this is LRU by size) and frequency. A key
//!   that returns soon after it left had too little of one of them: of recency if it had been used
//!   once, of frequency if more often.
//!
//! A hit marks the slot and leaves the heap alone; the mark is made good when the slot comes up for
//! eviction. No critical section looks at more than 64 entries, copies a table, or drops a value.

mod admission;
mod cache;
mod chunked;
mod config;
mod counts;
mod fate;
mod ghost;
mod heap;
mod index;
mod refusal;
mod reserve;
mod shard;
mod sketch;
mod slab;
mod survey;
mod worth;

pub use cache::TinyLfu;
pub use config::{Config, Goal};
pub use fate::Fate;
pub use refusal::Refusal;
pub use reserve::Reservation;
pub(super) use survey::{Page, Place};
