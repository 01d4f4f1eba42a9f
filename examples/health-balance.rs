//! Balances over three flaky servers with retries and hedges, and prints what comes of it.
//!
//! Try it: `cargo run --release --example health-balance -- --seconds 20`, then with `--retries 0 --no-hedge`.

use std::process::ExitCode;

use clap::Parser;
use eaves_examples::health::balance::{Options, run};

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse(), &mut std::io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("health-balance: {error}");
            ExitCode::FAILURE
        }
    }
}
