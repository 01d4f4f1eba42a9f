//! A caching reverse proxy on `eaves-cache`, hyper and nothing else.
//!
//! Try it: `cargo run --example cache-proxy -- 127.0.0.1:8080 127.0.0.1:8000`, with any HTTP server on the second
//! address, then `curl -i http://127.0.0.1:8080/` twice and read `Cache-Status`.

use std::{env, error::Error, sync::Arc};

use eaves_cache::{policy::Policy, store::Memory, tower::CacheConfig};
use eaves_examples::cache::serve;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(listen), Some(origin)) = (arguments.next(), arguments.next()) else {
        return Err("usage: cache-proxy LISTEN ORIGIN, both as HOST:PORT".into());
    };
    let listener = TcpListener::bind(&listen).await?;
    println!("http://{} caches http://{origin}", listener.local_addr()?);
    let config = CacheConfig::default()
        .policy(Policy::standards_only())
        .store(Arc::new(Memory::new(64 << 20)));
    match serve(listener, origin.parse()?, config).await? {}
}
