//! Cache keys: the target URI, normalised without changing what it means, and what selects a variant.

mod aside;
mod digest;
mod normal;
mod primary;
mod rules;

pub(crate) use aside::Aside;
pub use digest::{Digest, DigestError};
#[cfg(feature = "sign")]
pub(crate) use normal::normal_path;
pub use primary::{Key, KeyError};
pub use rules::{KeyRules, Query};
