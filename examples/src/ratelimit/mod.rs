//! The programs about limits: `limit-axum`, `limit-flood`, `limit-replay`.

pub mod api;
pub mod flood;
pub mod replay;
