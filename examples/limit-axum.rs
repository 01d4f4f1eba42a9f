//! Rate limits as layers of an axum service.
//!
//! Try it: `cargo run --example limit-axum`, then `curl -i http://127.0.0.1:3000/login` four times: the
//! fourth is answered 429 with `Retry-After` and `RateLimit`.

use std::{net::SocketAddr, process::ExitCode};

use axum::serve;
use clap::Parser;
use eaves_examples::ratelimit::{api, listen};

/// Serves an API whose clients are limited.
#[derive(Parser)]
struct Cli {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = run(&Cli::parse()).await else {
        return ExitCode::SUCCESS;
    };
    eprintln!("limit-axum: {error}");
    ExitCode::FAILURE
}

async fn run(cli: &Cli) -> Result<(), Box<dyn std::error::Error>> {
    let listener = listen(cli.listen).await?;
    let app = api::app()?.into_make_service_with_connect_info::<SocketAddr>();
    Ok(serve(listener, app).await?)
}
