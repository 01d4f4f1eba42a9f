//! Zone files (RFC 1035 section 5): a [`Scanner`] over text in memory, a [`Writer`] of zones. The scanner
//! opens no file: an `$INCLUDE` is an [`Entry`] for the caller to resolve, perhaps in a [`Directory`].

mod current;
mod directory;
mod error;
mod generate;
mod scanner;
mod writer;

pub use directory::Directory;
pub use error::ZonefileError;
pub use scanner::{Entry, Scanned, Scanner};
pub use writer::Writer;
