//! Heads at rest: compact bytes, from which a response head is built again.
//!
//! A resident `HeaderMap` of ten fields takes 1.6 KB; the same fields take some 300 bytes here.

mod codec;
mod compact;
mod storable;
mod table;
mod variants;

pub use codec::HeadError;
pub use compact::Head;
pub(crate) use compact::read_meta;
pub(crate) use storable::keep_storable;
pub(crate) use variants::{Record, Variants};
