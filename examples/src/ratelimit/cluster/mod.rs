//! `limit-cluster`: several nodes share limits by way of one Redis, whose plug is pulled.
//!
//! The nodes are engines in one process, each with limiter, connection and clock reading of its own;
//! clients are simulated, Redis is real and started for it. Beside the nodes one limiter sees all
//! requests: what it admits is what the nodes together should.

mod cli;
mod figures;
mod load;
mod node;
mod proxy;
mod run;
mod server;

pub use cli::{Cli, Fault};
pub use figures::{Phase, Second, Strict, Summary};
pub use load::Load;
pub use node::StartError;
pub use run::run;
pub use server::asked_to_end;
