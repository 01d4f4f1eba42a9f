//! A caching reverse proxy and nothing beside it: what `cache-proxy` runs, and the smallest use of the layer with hyper.

pub mod herd;
mod proxy;

pub use proxy::{Proxy, serve};
