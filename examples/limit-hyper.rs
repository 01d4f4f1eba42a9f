//! Rate limits and a waiting room in front of a plain hyper service.
//!
//! Try it: `cargo run --example limit-hyper`, then
//! `for i in $(seq 12); do curl -s -o /dev/null -w '%{http_code} ' http://127.0.0.1:3001/; done`:
//! ten are answered 200, the others 429.

use std::net::SocketAddr;

use clap::Parser;
use eaves_examples::ratelimit::plain;
use tokio::net::TcpListener;

/// Serves a greeting whose clients are limited.
#[derive(Parser)]
struct Cli {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:3001")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind(Cli::parse().listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    plain::serve(listener).await
}
