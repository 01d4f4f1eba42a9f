//! What a cache is for when everybody comes at once, in figures: herds on a cold URL and on one that nobody may store,
//! readers that stall, and what small objects take in memory.
//!
//! Try it: `cargo run --release --example cache-herd`; after `--` stands one of `cold`, `no-store`, `stalled` and
//! `resident`, if not all are wanted, and how many herds there are.

use std::error::Error;

use clap::Parser as _;
use eaves_examples::cache::herd::Cli;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    Cli::parse().run().await
}
