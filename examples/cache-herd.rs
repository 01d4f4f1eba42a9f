//! What a cache is for when everybody comes at once, in figures: herds on a cold URL and on one that nobody may store,
//! readers that stall, and what small objects take in memory.
//!
//! Try it: `cargo run --release --example cache-herd`; after `--` stands one of `cold`, `no-store`, `stalled` and
//! `resident`, if not all are wanted, and how many herds there are.

use std::{env, error::Error, time::Duration};

use eaves_common::units::ByteSize;
use eaves_examples::cache::herd;

const TRIP: Duration = Duration::from_millis(300);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let only = arguments.next().unwrap_or_default();
    let runs = arguments.next().map_or(Ok(100), |runs| runs.parse())?;
    let wanted = |name: &str| only.is_empty() || only == name;
    // What is measured by the whole process's memory comes before what leaves its traces there.
    if wanted("resident") {
        println!("{}", herd::resident(30_000, ByteSize::from_kib(4)).await?);
    }
    if wanted("stalled") {
        let stall = Duration::from_secs(2);
        println!(
            "{}",
            herd::stalled(8, ByteSize::from_mib(100), stall).await?
        );
    }
    if wanted("cold") {
        println!("{}", herd::cold(runs, 1000, TRIP).await);
    }
    if wanted("no-store") {
        println!("{}", herd::no_store(4, 1000, TRIP).await);
    }
    Ok(())
}
