//! The programs about limits: `limit-axum`, `limit-hyper`, `limit-tonic`, `limit-flood`, `limit-replay`.

pub mod api;
pub mod flood;
pub mod plain;
pub mod replay;
pub mod rpc;
