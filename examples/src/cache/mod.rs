//! A caching reverse proxy and nothing beside it: what `cache-proxy` runs, and the smallest use of the layer with hyper.
//! `disk` tries the disk store.

pub mod disk;
pub mod herd;
mod proxy;
pub mod store;

pub use proxy::{Proxy, serve};
