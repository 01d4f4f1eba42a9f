//! What must not be served any longer: purges by URL, tag, group, prefix, pattern, or of everything.
//!
//! Nothing is searched for when a purge is issued. Each purge is an *epoch*, a number that only rises; each fetch takes
//! the epoch at which its request is sent, and what it brings keeps that. A stored response is void if a purge that
//! concerns it has a later epoch, and this is found out when it is looked up:
//!
//! - *URLs, tags and groups* are hashed into a fixed table of epochs. Two that fall together are purged together.
//! - *Prefixes and patterns* stand in a bounded list. When it is full, two become one that is wider, so that nothing is
//!   ever forgotten, at the price of purging more.
//! - *Everything* is one epoch.
//!
//! A response that was checked once is not checked again until the next purge: a hit compares two numbers. A hard purge
//! makes a response absent; a soft one makes it stale from that moment on, so that it may be served while it is
//! validated or when the origin fails, if its directives allow that.
//!
//! Epochs are nanoseconds of the wall clock as far as these rise, so that they mean something after a restart.
//!
//! # What survives a crash, and a clock that is set back
//!
//! A purge whose receipt was [`durable`](Receipt::durable) is applied again at the next start, whatever the clock says
//! by then. One that was not may be missing from the log: what an earlier process stored counts as softly purged after
//! an unclean stop, up to the time of the restart. If the clock was set back meanwhile, that time is before that of
//! responses which were stored last; they lie in the future, and are stale until purges have epochs later than theirs.
//! From then on nothing is known against them: a purge that was neither durable nor followed by a validation of what it
//! concerned may then have been for nothing. Who cannot have that awaits receipts, or purges everything after the clock
//! was set back.

mod bans;
mod glob;
mod groups;
mod issue;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub mod nodes;
mod receipt;
mod record;
mod table;
mod tags;
#[cfg(test)]
mod tests;
mod verdict;

/// What the table is shared by; the model of it has others.
mod sync {
    pub(super) use crate::sync::{Mutex, RwLock, atomic};
}

pub use glob::{Pattern, Prefix, TextError};
#[cfg(feature = "tower")]
pub(crate) use groups::invalidated_groups;
pub use issue::{Mode, Purge, Target};
pub use receipt::{Receipt, Scope};
pub use record::{Record, RecordError};
pub use table::Purges;
pub use verdict::{Purged, Verdict};
