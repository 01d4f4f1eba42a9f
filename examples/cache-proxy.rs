//! A caching reverse proxy on `eaves-cache`, hyper and nothing else.
//!
//! Try it: `cargo run --example cache-proxy -- 127.0.0.1:8080 127.0.0.1:8000`, with any HTTP server on the second
//! address, then `curl -i http://127.0.0.1:8080/` twice and read `Cache-Status`. With `--disk /tmp/kept` it has what it
//! held when it is ended by SIGTERM or Ctrl-C and started again.

use std::{error::Error, io::Write as _, path::PathBuf, sync::Arc, time::Duration};

use clap::Parser;
use eaves_cache::{policy::Policy, store::Memory, tower::CacheConfig};
use eaves_common::units::ByteSize;
use eaves_examples::cache::{Kept, serve, until_asked_to_end};
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
    /// Bytes of memory
    #[arg(long, default_value = "64MiB")]
    memory: ByteSize,
    /// Folder below memory, which the next start finds again
    #[arg(long, value_name = "FOLDER")]
    disk: Option<PathBuf>,
    /// Bytes on disk
    #[arg(long, default_value = "1GiB")]
    disk_size: ByteSize,
    /// Bytes of memory that are written to the disk at most when it is asked to end, the hottest first
    #[arg(long, default_value = "1GiB")]
    drain: ByteSize,
    /// Seconds that this may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    drain_for: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    let kept = match &cli.disk {
        Some(dir) => Some(Kept::open(dir, cli.disk_size, cli.memory)?),
        None => None,
    };
    let listener = TcpListener::bind(&cli.listen).await?;
    let address = listener.local_addr()?;
    println!("http://{address} caches http://{}", cli.origin);
    let config = CacheConfig::default().policy(Policy::standards_only());
    let config = match &kept {
        Some(kept) => config.store(kept.store()),
        None => config.store(Arc::new(Memory::new(cli.memory.as_u64()))),
    };
    tokio::select! {
        served = serve(listener, cli.origin, config) => match served? {},
        asked = until_asked_to_end() => asked?,
    }
    if let Some(kept) = kept {
        let drained = kept.end(cli.drain, Duration::from_secs(cli.drain_for));
        let drained = drained.await?;
        let (written, bytes) = (drained.written, drained.written_bytes);
        let (left, refused) = (drained.left, drained.refused);
        let said =
            format!("wrote {written} objects of {bytes} bytes, left {left}, {refused} refused");
        // A pipe that nobody reads any more is no reason to fail.
        let _ = writeln!(std::io::stdout(), "{said}");
    }
    Ok(())
}
