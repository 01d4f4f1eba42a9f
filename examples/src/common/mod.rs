//! What the examples of `eaves-common` show: a configuration with its mistakes, a value with its versions.

mod rollout;
mod shop;

pub use rollout::rollout;
pub use shop::{FAULTY, Shop, show};
