//! A caching reverse proxy on `eaves-cache`, hyper and nothing else.
//!
//! Try it: `cargo run --example cache-proxy -- 127.0.0.1:8080 127.0.0.1:8000`, with any HTTP server on the second
//! address, then `curl -i http://127.0.0.1:8080/` twice and read `Cache-Status`.

use std::{error::Error, sync::Arc};

use clap::Parser;
use eaves_cache::{policy::Policy, store::Memory, tower::CacheConfig};
use eaves_examples::cache::serve;
use http::uri::Authority;
use tokio::net::TcpListener;

/// A caching reverse proxy that does what the standards say.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// Address to listen on, as HOST:PORT; port 0 picks a free one
    listen: String,
    /// Origin to forward to, as HOST:PORT
    origin: Authority,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Cli { listen, origin } = Cli::parse();
    let listener = TcpListener::bind(&listen).await?;
    println!("http://{} caches http://{origin}", listener.local_addr()?);
    let config = CacheConfig::default()
        .policy(Policy::standards_only())
        .store(Arc::new(Memory::new(64 << 20)));
    match serve(listener, origin, config).await? {}
}
