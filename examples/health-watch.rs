//! Watches addresses and shows how they stand: probes, verdicts, history.
//!
//! Try it: `cargo run --release --example health-watch -- http://www.example/ 127.0.0.1:22 --for 10s`

use std::{io::IsTerminal as _, process::ExitCode, time::Duration};

use clap::Parser;
use eaves_common::units::TimeSpan;
use eaves_examples::health::watch::{Target, View, pool};
use eaves_health::driver;

/// Watches addresses and shows how they stand.
#[derive(Debug, Parser)]
struct Options {
    /// What to watch: `http://host/path`, or `host:port` for TCP.
    #[arg(required = true, value_parser = Target::parse)]
    targets: Vec<Target>,
    /// From one probe to the next.
    #[arg(long, default_value = "1s")]
    interval: TimeSpan,
    /// Ends after this time; without it, with Ctrl-C.
    #[arg(long = "for", value_name = "TIME")]
    time: Option<TimeSpan>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match watch(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("health-watch: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn watch(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    let mut origins = Vec::new();
    for target in &options.targets {
        let mut addrs = tokio::net::lookup_host(&target.host).await?;
        let addr = addrs
            .next()
            .ok_or_else(|| format!("{}: it has no address", target.host))?;
        origins.push(target.origin(addr, options.interval.as_duration()));
    }
    let handle = driver::spawn(pool(origins))?;
    let mut events = handle.subscribe();
    let mut view = View::default();
    let mut looks = tokio::time::interval(Duration::from_secs(1));
    let end = tokio::time::sleep(options.time.map_or(Duration::MAX, TimeSpan::as_duration));
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => break,
            _ = tokio::signal::ctrl_c() => break,
            Ok(event) = events.recv() => eprintln!("{event}"),
            _ = looks.tick() => {
                let home = if std::io::stdout().is_terminal() { "\x1b[2J\x1b[H" } else { "" };
                print!("{home}{}", view.draw(&handle.status()));
            }
        }
    }
    handle.stop().await;
    Ok(())
}
