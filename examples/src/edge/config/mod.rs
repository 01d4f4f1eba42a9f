//! The edge's configuration: text to one checked value, or all that is wrong with it.

mod cache;
mod limit;
mod names;
mod pool;
mod proxy;
mod read;

pub use cache::CacheSettings;
pub use limit::LimitSettings;
pub use names::{FollowSettings, NamesSettings};
pub use pool::PoolSettings;
pub use proxy::ProxySettings;
pub use read::{EdgeConfig, Loaded, demo, load};
