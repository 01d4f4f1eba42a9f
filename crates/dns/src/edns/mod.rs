//! EDNS (RFC 6891): the OPT record, its options, cookies, padding and error reports.

mod cookie;
mod info;
mod opt;
mod option;
mod options;
mod padding;
mod report;

pub use cookie::{Cookie, CookieSecret, CookieVerdict};
pub use info::InfoCode;
pub use opt::Edns;
pub use option::{ClientSubnet, EdnsOption, ZoneVersion};
pub use options::{OptionCode, Options};
pub use padding::PaddingPolicy;
pub use report::ErrorReport;
