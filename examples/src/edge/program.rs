//! What the program does: sockets, signals, what it prints.

mod banner;
mod ports;
mod serve;
mod standards;
mod tools;

use std::{io, process::ExitCode};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::cli::{Cli, Command};

/// Does what the command line asks.
pub async fn main(cli: Cli) -> ExitCode {
    match (cli.command, cli.config) {
        (None, None) => serve::demo().await,
        (None, Some(file)) => serve::file(&file).await,
        (Some(Command::Proxy { listen, to }), _) => standards::proxy(listen, &to).await,
        (Some(Command::Origin { listen, name }), _) => tools::origin(listen, &name).await,
        (Some(Command::Check { file }), _) => tools::check(&file),
        (Some(Command::Print { file }), _) => tools::print(&file),
    }
}

/// The signals that ask the process to end. Taken before it says that it is ready, so that none ends it abruptly.
struct Ending {
    interrupt: Signal,
    terminate: Signal,
}

impl Ending {
    /// Takes the signals from the system.
    fn take() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Resolves when the process is asked to end.
    async fn asked(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Says what went wrong, and ends with failure.
fn fail(message: impl std::fmt::Display) -> ExitCode {
    eprintln!("edge: {message}");
    ExitCode::FAILURE
}

/// The environment as far as it is text; the rest cannot be a setting.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
