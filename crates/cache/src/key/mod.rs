//! Cache keys: the target URI, normalised without changing what it means, and what selects a variant.

mod normal;
mod primary;

pub use primary::{Key, KeyError};
