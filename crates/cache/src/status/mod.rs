//! [`CacheStatus`]: how a response came about, as RFC 9211 writes it.

mod reason;
mod render;

pub use reason::{NotKept, Reason};
pub(crate) use render::write_number;
pub use render::{CacheStatus, Forward};
