//! The command line.

use std::{io, path::PathBuf};

use clap::{Parser, Subcommand};
use eaves_common::units::ByteSize;

use super::{Error, crash, replay, restart, writer};
use crate::cachesim::cli::Capacity;

/// Tries the disk store of `eaves-cache`: what it survives, what it writes, how fast it is back.
#[derive(Clone, Debug, Parser)]
#[command(name = "cache-disk", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Task {
    /// Kills a process that writes, again and again, and checks what every object reads as.
    Crash(Crash),
    /// Replays a trace and prints how many bytes were written for each that was taken.
    Replay(Replay),
    /// Fills a store and times a clean start and one after a crash.
    Restart(Restart),
    /// Writes until it is killed.
    #[command(hide = true)]
    Write(Write),
}

/// How often to kill.
#[derive(Clone, Debug, Parser)]
pub struct Crash {
    /// How often the process is killed.
    #[arg(long, default_value_t = 200)]
    pub rounds: u32,
    /// The longest that it lives, in milliseconds.
    #[arg(long, default_value_t = 40)]
    pub most_ms: u64,
    /// What lifetimes and objects come from.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Bytes on disk.
    #[arg(long, default_value = "8MiB")]
    pub budget: ByteSize,
    /// The folder; one that is removed afterwards if not given.
    #[arg(long)]
    pub dir: Option<PathBuf>,
}

/// What to replay.
#[derive(Clone, Debug, Parser)]
pub struct Replay {
    /// Trace to replay: an access log, or records of `u32 id, u32 size`; `.zst` is decompressed.
    #[arg(long, value_name = "FILE")]
    pub trace: PathBuf,
    /// Size of the store: a share of the distinct bytes, or an amount.
    #[arg(long, default_value = "10%")]
    pub capacity: Capacity,
    /// Size of a segment; a share of the capacity if not given.
    #[arg(long)]
    pub segment: Option<ByteSize>,
    /// The folder; one that is removed afterwards if not given.
    #[arg(long)]
    pub dir: Option<PathBuf>,
}

/// What to start again.
#[derive(Clone, Debug, Parser)]
pub struct Restart {
    /// Objects in the store.
    #[arg(long, default_value_t = 1_000_000)]
    pub entries: u64,
    /// Bytes of each.
    #[arg(long, default_value_t = 512)]
    pub size: usize,
    /// The folder; one that is removed afterwards if not given.
    #[arg(long)]
    pub dir: Option<PathBuf>,
}

/// What to write.
#[derive(Clone, Debug, Parser)]
pub struct Write {
    /// The folder.
    #[arg(long)]
    pub dir: PathBuf,
    /// Bytes on disk.
    #[arg(long)]
    pub budget: ByteSize,
    /// What the objects come from.
    #[arg(long)]
    pub seed: u64,
}

impl Cli {
    /// Does it, and prints a line of JSON to `out`.
    ///
    /// # Errors
    ///
    /// When the store or the output cannot be used, or an object reads wrong.
    pub fn run(&self, out: &mut dyn io::Write) -> Result<(), Error> {
        let line = match &self.task {
            Task::Crash(args) => crash::run(args)?.to_json(),
            Task::Replay(args) => replay::run(args)?,
            Task::Restart(args) => restart::run(args)?,
            Task::Write(args) => return writer::run(args),
        };
        writeln!(out, "{line}").map_err(Error::io("write the result"))
    }
}
