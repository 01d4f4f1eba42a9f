//! The programs about limits: `limit-axum`, `limit-hyper`, `limit-tonic`, `limit-cluster`, `limit-flood`,
//! `limit-replay`.

pub mod api;
pub mod cluster;
pub mod flood;
mod listen;
pub mod plain;
pub mod replay;
pub mod rpc;

pub use listen::listen;
