//! A store on disk: append-only segments, each byte of which is checked before it is served.
//!
//! # On disk
//!
//! A folder holds `store` (its format and the secret of its checksums), segments, `purges` (a synced log of purges),
//! `lock`, and after a clean stop `index`. Records are appended to the newest segment and never changed. When the
//! budget is used up the oldest segment leaves as a whole, after what was asked for in it has been appended again,
//! within an allowance: so the disk is written once for each byte that is taken, and little more. Bodies longer than a
//! mebibyte lie in parts, which may be in several segments; what of one lies in a segment moves if it is no longer than a
//! quarter of that, and the rest stays where it is.
//!
//! # In memory
//!
//! The index: 16 bytes a key. Bodies on their way in, up to [`DiskConfig::write_buffer`]. Nothing else grows with what
//! is stored.
//!
//! # What happens when
//!
//! | event | behaviour |
//! |---|---|
//! | clean stop ([`Disk::close`]) | the index is read back at the next start |
//! | killed, power lost | segments are scanned, newest first, while what is known is served; purges may be missing |
//! | damaged or cut bytes | a miss and a count; behind the beginning of a long body, an error and a count |
//! | damaged `store` file | the folder begins anew: nothing in it can be checked |
//! | disk full, failing, read-only | reads go on, writes are refused with the reason, and tried again after a pause |
//! | disk slow | writes are refused when the buffer is full, lookups when too many wait |
//! | second process | [`OpenError::Locked`] |
//!
//! Segments are not synced while the store runs: a cache may lose its newest objects with the power. Nothing that
//! such a loss leaves behind passes for an object.

mod close;
mod config;
mod error;
mod files;
mod format;
mod gauge;
mod handle;
mod health;
mod index;
mod log;
mod open;
mod pool;
mod purges;
mod read;
mod recover;
mod shared;
mod stats;
mod superblock;
mod write;

pub use config::{DiskConfig, Io};
pub use error::{CloseError, OpenError};
pub use files::{File, Files, Folder};
pub use handle::Disk;
pub use health::Trouble;
pub use open::Recovery;
pub use stats::{DiskStats, Misses, Refusals, State};
