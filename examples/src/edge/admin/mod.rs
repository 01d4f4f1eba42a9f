//! The admin listener: `/healthz`, `/metrics`, `/status`.

pub mod metrics;
