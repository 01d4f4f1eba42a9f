//! Domain names: [`Name`] (contiguous bytes, borrowed), [`NameBuf`] (owned, usual names inline) and
//! [`NameRef`] (within a message, possibly compressed).
//!
//! Labels are 8-bit (RFC 2181 section 11). Case is kept; equality, order and hash ignore that of
//! ASCII letters (RFC 4343).

mod borrowed;
pub(crate) mod fold;
mod labels;
mod owned;
mod reference;
mod text;

pub use borrowed::Name;
pub use labels::Labels;
pub use owned::NameBuf;
pub use reference::NameRef;
pub(crate) use reference::{LastPointer, MAX_POINTERS, SCRATCH};
pub(crate) use text::{parse_name, unescape};
