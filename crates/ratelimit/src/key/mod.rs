//! Who a request is counted for.
//!
//! [`ClientAddress`] finds the client's address behind the proxies one trusts, [`Facts`] hold what is
//! known of a request, [`Part`]s say which of it make a key, and [`KeyHasher`] turns any key into the
//! [`KeyHash`] by which tables know it.

mod client;
mod facts;
mod forwarded;
mod hash;
mod part;

pub use client::{ClientAddress, Field, Trust};
pub use facts::Facts;
pub use hash::{KeyHash, KeyHasher};
pub use part::Part;
