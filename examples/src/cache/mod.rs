//! A caching reverse proxy and nothing beside it: what `cache-proxy` runs, and the smallest use of the layer with hyper.
//! `disk` tries the disk store; `kept` is a store that outlives a restart.

pub mod disk;
pub mod herd;
mod kept;
mod proxy;
pub mod store;

pub use kept::Kept;
pub use proxy::{Proxy, serve, until_asked_to_end};
