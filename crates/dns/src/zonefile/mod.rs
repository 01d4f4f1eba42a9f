//! Zone files (RFC 1035 section 5): a [`Scanner`] over text in memory. It opens no file: an `$INCLUDE`
//! is an [`Entry`] for the caller to resolve.

mod error;
mod scanner;

pub use error::ZonefileError;
pub use scanner::{Entry, Scanned, Scanner};
