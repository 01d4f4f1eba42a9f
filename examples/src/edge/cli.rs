//! The command line of `edge`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand};

/// The edge of a service: caching reverse proxy, rate limits, health checks and DNS in one program.
///
/// Without arguments it brings demo origins and a zone of its own, and says how to try it.
#[derive(Clone, Debug, Parser)]
#[command(name = "edge", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// Serve what this file says; `edge.toml` beside this program's source is a commented one.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Do something else than serve a configuration.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What `edge` can do besides serving a configuration.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// A caching reverse proxy that does what the standards say and nothing else.
    Proxy {
        /// Address to listen on; port 0 picks a free one.
        #[arg(long, value_name = "ADDR")]
        listen: SocketAddr,
        /// Origin to forward to, such as <http://127.0.0.1:8000>; several take turns.
        #[arg(long = "to", value_name = "URL", required = true)]
        to: Vec<String>,
    },
    /// A demo origin as a process of its own.
    Origin {
        /// Address to listen on; port 0 picks a free one.
        #[arg(long, value_name = "ADDR")]
        listen: SocketAddr,
        /// What it signs its answers with in `X-Origin`.
        #[arg(long, default_value = "origin")]
        name: String,
    },
    /// Check a configuration: print all its problems, exit 1 if there is any.
    Check {
        /// The file to check.
        file: PathBuf,
    },
    /// Print a configuration's effective values, and where each comes from.
    Print {
        /// The file to print.
        file: PathBuf,
    },
}
