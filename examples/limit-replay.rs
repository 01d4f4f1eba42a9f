//! Tries rate limits on recorded traffic before they meet real clients.
//!
//! Try it: `printf '0 a\n0 a\n5 a\n10 a\n' | cargo run --example limit-replay -- --rule "100/1s burst 1"`,
//! or on yesterday's log, whose lines the answers go with:
//! `limit-replay --rule "100/1m burst 20" --log access.log | paste -d ' ' - access.log | grep ^deny`.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Write as _},
    path::Path,
    process::ExitCode,
};

use clap::Parser as _;
use eaves_examples::ratelimit::replay::{Cli, Format, ReplayError, Summary, replay};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(summary) => {
            eprintln!("{summary}");
            ExitCode::SUCCESS
        }
        Err(ReplayError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("limit-replay: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli) -> Result<Summary, ReplayError> {
    let (format, input): (_, Box<dyn BufRead>) = match &cli.log {
        Some(file) => (Format::CombinedLog, Box::new(open(file)?)),
        None => (Format::Plain, Box::new(io::stdin().lock())),
    };
    let mut output = BufWriter::new(io::stdout().lock());
    let summary = replay(cli, format, input, &mut output);
    output.flush().map_err(ReplayError::Write)?; // what came before a bad line is said
    summary
}

fn open(file: &Path) -> Result<BufReader<File>, ReplayError> {
    let failed = |error| ReplayError::Log {
        file: file.to_owned(),
        error,
    };
    File::open(file).map(BufReader::new).map_err(failed)
}
