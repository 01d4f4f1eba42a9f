//! Watches addresses and shows how they stand: probes, verdicts, history.
//!
//! Try it: `cargo run --release --example health-watch -- https://www.example/ 127.0.0.1:22 --for 10s`

use std::{io::IsTerminal as _, process::ExitCode, time::Duration};

use clap::Parser;
use eaves_common::{Error, units::TimeSpan};
use eaves_examples::health::watch::{Options, View, start};

#[tokio::main]
async fn main() -> ExitCode {
    match watch(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("health-watch: {error}");
            let source = std::error::Error::source(&error);
            source.into_iter().for_each(|source| eprintln!("{source}"));
            ExitCode::FAILURE
        }
    }
}

async fn watch(options: &Options) -> Result<(), Error> {
    let handle = start(options)?;
    let (mut events, mut findings) = (handle.subscribe(), handle.findings());
    let mut view = View::default();
    let mut looks = tokio::time::interval(Duration::from_secs(1));
    let end = tokio::time::sleep(options.time.map_or(Duration::MAX, TimeSpan::as_duration));
    tokio::pin!(end);
    // On a terminal all is drawn anew each second, and events stay below; elsewhere they go their own way.
    let is_drawn = std::io::stdout().is_terminal();
    let home = if is_drawn { "\x1b[H\x1b[J" } else { "" };
    loop {
        tokio::select! {
            () = &mut end => break,
            _ = tokio::signal::ctrl_c() => break,
            Ok(event) = events.recv() => match is_drawn {
                true => view.keep(&event),
                false => eprintln!("{event}"),
            },
            Ok(probed) = findings.recv() => {
                view.note(&probed);
                let seen = |probes| view.has_seen(probes, &handle.status(), &handle.names());
                if options.probes.is_some_and(seen) {
                    break;
                }
            }
            _ = looks.tick() => print!("{home}{}", view.draw(&handle.status(), &handle.names())),
        }
    }
    while let Ok(event) = events.try_recv() {
        match is_drawn {
            true => view.keep(&event),
            false => eprintln!("{event}"),
        }
    }
    print!("{home}{}", view.draw(&handle.status(), &handle.names()));
    handle.stop().await;
    Ok(())
}
