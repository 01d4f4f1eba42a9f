//! The lowest layer: a bounds-checked [`Reader`] over a message, and a [`Writer`] into a caller's
//! buffer with name compression whose search is bounded.

mod compress;
mod reader;
mod sink;
mod writer;

pub use reader::Reader;
pub use sink::Sink;
pub use writer::Writer;
