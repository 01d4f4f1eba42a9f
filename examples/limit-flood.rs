//! A flood of keys that come once, against a table with room for few of them.
//!
//! Try it: `cargo run --release --example limit-flood`, then `-- --cells 8192`: memory and time per
//! check stay, offenders are held to their limit, and nobody else is denied.

use std::process::ExitCode;

use clap::Parser as _;
use eaves_examples::ratelimit::flood::{Cli, run};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli, |figures| println!("{}", figures.line(cli.limit))) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("limit-flood: {error}");
            ExitCode::FAILURE
        }
    }
}
