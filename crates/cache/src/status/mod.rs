//! [`CacheStatus`]: how a response came about, as RFC 9211 writes it.

mod render;

pub(crate) use render::write_number;
pub use render::{CacheStatus, Forward};
