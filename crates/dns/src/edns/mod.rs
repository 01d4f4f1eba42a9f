//! EDNS (RFC 6891): the OPT record and its options.

mod opt;
mod options;

pub use opt::Edns;
pub use options::{OptionCode, Options};
