//! How large a cache pays: replays a trace or an access log through the cache of `eaves-cache`.
//!
//! Try it: `cargo run --release --example cachesim -- --trace access.log --capacity 1%,10% --compare --plot miss.svg`.

use std::{error::Error as _, io, process::ExitCode};

use clap::Parser as _;
use eaves_examples::cachesim::cli::Cli;

fn main() -> ExitCode {
    let Err(error) = Cli::parse().run(&mut io::stdout().lock()) else {
        return ExitCode::SUCCESS;
    };
    match error.source() {
        Some(source) => eprintln!("cachesim: {error}: {source}"),
        None => eprintln!("cachesim: {error}"),
    }
    ExitCode::FAILURE
}
