//! Nodes that share limits by way of one Redis, and what happens when its plug is pulled.
//!
//! Try it: `cargo run --release --example limit-cluster -- --fault kill`, `--fault hang`, `--load pulse`;
//! it needs `redis-server`, which it starts and ends itself. The last lines say how near the nodes
//! came to one limiter that sees all requests.

use std::process::ExitCode;

use clap::Parser as _;
use eaves_examples::ratelimit::cluster::{Cli, Second, asked_to_end, run};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    if !cli.json {
        println!("{}", Second::HEAD);
    }
    let each_second = |second: &Second| {
        if !cli.json {
            println!("{second}");
        }
    };
    let summary = tokio::select! {
        summary = run(&cli, each_second) => summary,
        () = asked_to_end() => return ExitCode::FAILURE, // ends Redis as well
    };
    match summary {
        Ok(summary) if cli.json => println!("{}", serde_json::json!(summary)),
        Ok(summary) => println!("{summary}"),
        Err(error) => {
            eprintln!("limit-cluster: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
