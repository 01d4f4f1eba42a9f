//! Heads at rest: compact bytes, from which a response head is built again.
//!
//! A resident `HeaderMap` of ten fields takes 1.6 KB; the same fields take some 300 bytes here.

mod codec;
mod compact;
#[cfg(feature = "disk")]
mod rebase;
mod storable;
mod table;
mod variants;

pub use codec::HeadError;
pub use compact::Head;
#[cfg(feature = "disk")]
pub(crate) use rebase::rebase;
pub(crate) use storable::keep_storable;
pub(crate) use variants::{Record, Variants};
