//! The parameters of SVCB and HTTPS records (RFC 9460, RFC 9461, RFC 9540, RFC 9848).

mod key;
mod params;
mod text;
mod value;

pub use key::SvcKey;
pub use params::{SvcParam, SvcParams};
pub(crate) use text::{parse, print};
pub use value::{Addresses4, Addresses6, Numbers, SvcValue};
