//! Probes very many origins and prints what that costs: processor time, and memory at most.
//!
//! Try it: `cargo run --release --example health-cost -- --origins 10000 --interval 10s --kind http`

use std::process::ExitCode;

use clap::Parser;
use eaves_examples::health::cost::{Options, run};

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(cost) => {
            println!("{cost}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("health-cost: {error}");
            ExitCode::FAILURE
        }
    }
}
