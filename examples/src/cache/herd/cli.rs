//! [`Cli`]: what to measure, and how often.

use std::{error::Error, time::Duration};

use clap::{Parser, ValueEnum};
use eaves_common::units::ByteSize;

use super::{cold, no_store, resident, stalled};

const TRIP: Duration = Duration::from_millis(300);

/// Measures what a cache is for when everybody comes at once: herds, readers that stall, small objects.
#[derive(Clone, Copy, Debug, Parser)]
#[command(name = "cache-herd", version)]
pub struct Cli {
    /// What to measure; everything unless said.
    only: Option<Part>,
    /// Herds on a cold URL, of 1000 clients each.
    #[arg(default_value_t = 100)]
    herds: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Herds on a URL of which nothing is stored.
    Cold,
    /// Herds on a URL that nobody may store.
    NoStore,
    /// Readers of long bodies that stop reading.
    Stalled,
    /// What small objects take in memory.
    Resident,
}

impl Cli {
    /// Measures, and prints a line for each figure.
    ///
    /// # Errors
    /// If a listener or a connection fails.
    pub async fn run(self) -> Result<(), Box<dyn Error>> {
        let wanted = |part| self.only.is_none_or(|only| only == part);
        // What is measured by the whole process's memory comes before what leaves its traces there.
        if wanted(Part::Resident) {
            println!("{}", resident(30_000, ByteSize::from_kib(4)).await?);
        }
        if wanted(Part::Stalled) {
            let stall = Duration::from_secs(2);
            println!("{}", stalled(8, ByteSize::from_mib(100), stall).await?);
        }
        if wanted(Part::Cold) {
            println!("{}", cold(self.herds, 1000, TRIP).await);
        }
        if wanted(Part::NoStore) {
            println!("{}", no_store(4, 1000, TRIP).await);
        }
        Ok(())
    }
}
