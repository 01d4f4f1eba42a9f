//! The entries. `compress`: names are compressed when written (RFC 1035 types). `lowercase`: names
//! are lower-cased in canonical form. A `Name` may be compressed when read, a `FlatName` may not
//! (RFC 3597 section 4).

mod classic;
mod dnssec;
mod late;
mod modern;
mod obsolete;
mod services;

pub(in crate::rdata::table) use classic::classic_types;
pub(in crate::rdata::table) use dnssec::dnssec_types;
pub(in crate::rdata::table) use late::late_types;
pub(in crate::rdata::table) use modern::modern_types;
pub(in crate::rdata::table) use obsolete::obsolete_types;
pub(in crate::rdata::table) use services::services_types;
