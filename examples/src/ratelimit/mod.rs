//! The programs about limits: `limit-replay` and its siblings.

pub mod flood;
pub mod replay;
