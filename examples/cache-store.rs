//! What a store of a million responses takes, what a purge of them costs, and how two stores work as one.
//!
//! Try it: `cargo run --release --example cache-store`, or with `--entries 10000 --json` for a quick look.

use std::{io, process::ExitCode};

use clap::Parser as _;
use eaves_examples::cache::store::Cli;

fn main() -> ExitCode {
    match Cli::parse().run(&mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cache-store: {error}");
            ExitCode::FAILURE
        }
    }
}
