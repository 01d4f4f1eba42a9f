//! Loads a zone file as a primary server would and tells all that is wrong with it.
//!
//! Try: `cargo run --example zonecheck -- examples/edge.zone --origin edge.test.`
//! `--dump` writes the zone in canonical order, `--json` the problems as JSON.

use std::{
    io::{Write as _, stderr, stdout},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use eaves_dns::NameBuf;
use eaves_examples::dns::check::{Ask, Output, check};

/// Loads a zone file as a primary server would and tells all that is wrong with it.
#[derive(Parser)]
struct Args {
    /// The zone's file.
    file: PathBuf,
    /// The zone's name.
    #[arg(long)]
    origin: NameBuf,
    /// Write the zone in canonical order.
    #[arg(long)]
    dump: bool,
    /// Write problems as JSON.
    #[arg(long)]
    json: bool,
}

fn main() -> std::io::Result<ExitCode> {
    let args = Args::parse();
    let output = match (args.json, args.dump) {
        (true, _) => Output::Json,
        (false, true) => Output::Dump,
        (false, false) => Output::Summary,
    };
    let verdict = check(&Ask {
        file: args.file,
        origin: args.origin,
        output,
    });
    stderr().write_all(verdict.stderr.as_bytes())?;
    stdout().write_all(verdict.stdout.as_bytes())?;
    Ok(ExitCode::from(verdict.code))
}
