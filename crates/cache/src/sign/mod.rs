//! Signed URLs and cookies: access to a path, or to all below one, until a time, by a key that can be rotated.
//!
//! A [`Token`] is text that fits a query parameter and a cookie alike. It is an HMAC-SHA256 over the key's name, the
//! time and the path; who checks it compares in constant time. Keep the parameter out of cache keys
//! ([`Query::Without`](crate::key::Query::Without)), or every signature has a copy of its own.

mod signer;
mod token;

pub use signer::{Grant, Signer, Verdict};
pub use token::{Token, TokenError};
