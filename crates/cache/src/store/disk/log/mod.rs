//! The log of segments: where records are appended, written behind the callers' backs, and leave oldest first.

mod append;
mod evict;
mod flush;
mod reappend;
mod segment;

pub(super) use append::{Item, Log};
pub(super) use evict::Space;
pub(super) use segment::{Cell, Lost, Segment};
