//! Rate limits and a waiting room in front of a plain hyper service.
//!
//! Try it: `cargo run --example limit-hyper`, then
//! `for i in $(seq 12); do curl -s -o /dev/null -w '%{http_code} ' http://127.0.0.1:3001/; done`:
//! ten are answered 200, the others 429.

use std::{net::SocketAddr, process::ExitCode};

use clap::Parser;
use eaves_examples::ratelimit::{listen, plain};

/// Serves a greeting whose clients are limited.
#[derive(Parser)]
struct Cli {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:3001")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = run(&Cli::parse()).await else {
        return ExitCode::SUCCESS;
    };
    eprintln!("limit-hyper: {error}");
    ExitCode::FAILURE
}

async fn run(cli: &Cli) -> Result<(), Box<dyn std::error::Error>> {
    let listener = listen(cli.listen).await?;
    plain::serve(listener).await
}
