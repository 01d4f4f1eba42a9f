//! The driver: connections, timers and tasks of tokio around the exchange of deltas.

mod ask;
mod engine;
mod probe;
mod run;
mod store;

pub use engine::Engine;
pub use store::Store;
