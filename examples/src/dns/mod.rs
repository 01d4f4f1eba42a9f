//! What the `dns-*` programs and `zonecheck` are made of.

pub mod check;
pub mod convert;
pub mod cost;
pub mod hex;
pub mod parse;
pub mod query;
