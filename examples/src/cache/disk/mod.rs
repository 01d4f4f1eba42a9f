//! `cache-disk`: kills a process that writes a disk store, replays traces through one, and times its restarts.

mod cli;
mod content;
mod crash;
mod error;
mod process;
mod replay;
mod restart;
mod visit;
mod writer;

pub use cli::{Cli, Crash, Replay, Restart, Task, Write};
pub use crash::{Outcome, run as crash};
pub use error::Error;
