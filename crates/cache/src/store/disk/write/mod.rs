//! Writing: a body is gathered in memory, and appended to the log in one record or in extents.

mod filling;
mod growing;

pub(super) use filling::{Filling, refuse};
