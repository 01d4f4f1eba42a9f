//! What a cache is for when everybody comes at once: herds on one URL, readers that stall, and what objects really
//! take in memory.

mod cli;
mod crowd;
mod memory;

use core::fmt;

pub use cli::Cli;
pub use crowd::{Cold, NoStore, cold, no_store};
pub use memory::{Resident, Stalled, resident, stalled};

/// One figure beside what it may be at most.
struct Line<'a> {
    name: &'a str,
    figure: String,
    most: &'a str,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<12} {} (at most {})",
            self.name, self.figure, self.most
        )
    }
}
