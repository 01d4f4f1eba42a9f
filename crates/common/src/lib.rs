//! What the eaves crates share: errors, time, units, config, live values.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod error;
#[cfg(feature = "live")]
pub mod live;
pub mod time;
pub mod units;

pub use error::{Error, ErrorKind, Side};
