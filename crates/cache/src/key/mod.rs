//! Cache keys: the target URI, normalised without changing what it means, and what selects a variant.

mod normal;
mod primary;
mod rules;

pub use primary::{Key, KeyError};
pub use rules::{KeyRules, Query};
