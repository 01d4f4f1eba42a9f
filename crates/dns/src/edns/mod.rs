//! EDNS (RFC 6891): the OPT record, its options, cookies and padding.

mod cookie;
mod opt;
mod option;
mod options;
mod padding;

pub use cookie::{Cookie, CookieSecret, CookieVerdict};
pub use opt::Edns;
pub use option::{ClientSubnet, EdnsOption, ZoneVersion};
pub use options::{OptionCode, Options};
pub use padding::PaddingPolicy;
