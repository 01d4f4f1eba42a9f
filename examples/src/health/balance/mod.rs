//! `health-balance`: a tower client over three flaky servers.

mod run;
mod second;
mod server;

pub use run::{Options, run};
pub use second::Second;
pub use server::{Mood, Server};
