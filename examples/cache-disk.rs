//! What a disk store survives, what it writes, and how fast it is back.
//!
//! Try it: `cargo run --release --example cache-disk -- crash --rounds 1000`, which kills a process that writes, a
//! thousand times, and reads every object after each; then `-- replay --trace access.log` and `-- restart`.

use std::{error::Error as _, io, process::ExitCode};

use clap::Parser as _;
use eaves_examples::cache::disk::Cli;

fn main() -> ExitCode {
    let Err(error) = Cli::parse().run(&mut io::stdout().lock()) else {
        return ExitCode::SUCCESS;
    };
    match error.source() {
        Some(source) => eprintln!("cache-disk: {error}: {source}"),
        None => eprintln!("cache-disk: {error}"),
    }
    ExitCode::FAILURE
}
