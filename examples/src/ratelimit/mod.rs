//! The programs about limits: `limit-axum`, `limit-cluster`, `limit-flood`, `limit-replay`.

pub mod api;
pub mod cluster;
pub mod flood;
pub mod replay;
