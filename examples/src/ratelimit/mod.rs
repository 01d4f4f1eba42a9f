//! The programs about limits: `limit-replay` and its siblings.

pub mod replay;
