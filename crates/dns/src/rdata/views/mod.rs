//! Views of fields that hold more than a number, a name or octets.

mod address;
mod gateway;
mod hip;
mod key;
mod strings;
mod types;

pub use address::{AddressPart, GeoPlace, Prefix, PrefixList};
pub use gateway::{GatewayView, ZoneDigest};
pub use hip::{HostIdentity, NameList};
pub use strings::Strings;
pub use types::TypeSet;
