//! Heads at rest: compact bytes, from which a response head is built again.
//!
//! A resident `HeaderMap` of ten fields takes 1.6 KB; the same fields take some 300 bytes here: names that have a code
//! take one byte, and so do whole lines that many responses have.

mod codec;
mod compact;
mod line;
mod merge;
mod parts;
#[cfg(feature = "disk")]
mod rebase;
mod storable;
pub(crate) mod table;
mod usual;
mod variants;

pub use codec::HeadError;
pub use compact::Head;
pub(crate) use compact::read_meta;
pub(crate) use line::{Codes, Line, Name, lines};
pub(crate) use merge::{Merge, Validators};
pub(crate) use parts::{Parts, bare_head, whole_fields};
#[cfg(feature = "disk")]
pub(crate) use rebase::rebase;
pub(crate) use storable::{keep_storable, lists_fields, pack_storable};
pub(crate) use variants::{Record, Selector, Variants};
