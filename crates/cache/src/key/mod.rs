//! Cache keys: the target URI, normalised without changing what it means, and what selects a variant.

mod normal;
mod primary;
mod rules;

#[cfg(feature = "sign")]
pub(crate) use normal::normal_path;
pub use primary::{Key, KeyError};
pub use rules::{KeyRules, Query};
