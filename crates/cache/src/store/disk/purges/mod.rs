//! [`PurgeLog`]: purges in a file of their own, synced, so that none is forgotten over a restart.
//!
//! The file is a header with an epoch up to which records were dropped, then the records, each with its length and a
//! checksum. It is bounded: what must leave raises that epoch, and everything stored before it counts as soft-purged.

mod codec;
mod log;

pub(super) use log::PurgeLog;
