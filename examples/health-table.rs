//! Plays every scenario with every detector and prints medians over many seeds as a table.
//!
//! Try it: `cargo run --release --example health-table -- --seeds 20`

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use eaves_examples::health::sim::{PEERS, Plan, Row, Scenario};
use eaves_health::monitor::Preset;

/// Compares detectors over scenarios and seeds: requests that failed (answers that were slow in
/// `slow`, false ejections in `noise`), medians.
#[derive(Debug, Parser)]
struct Options {
    /// Where the scenarios are.
    #[arg(long, value_name = "FOLDER", default_value = "examples/scenarios")]
    scenarios: PathBuf,
    /// How many seeds each is played with.
    #[arg(long, value_name = "N", default_value_t = 20)]
    seeds: u64,
    /// The first seed.
    #[arg(long, value_name = "N", default_value_t = 1)]
    first_seed: u64,
    /// Requests per second in place of the files' own.
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// Retries in place of the files' own.
    #[arg(long, value_name = "N")]
    retries: Option<u32>,
    /// The share by which every constant of each seed's world is off.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    jitter: f64,
    /// How evidence becomes verdicts: web, api, batch or low-traffic.
    #[arg(long, value_name = "NAME", default_value = "web")]
    preset: Preset,
    /// Plays the crate alone, without its peers.
    #[arg(long)]
    alone: bool,
    /// Only scenarios whose name contains this.
    #[arg(long, value_name = "PART", default_value = "")]
    only: String,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(missed) => {
            eprintln!("health-table: {missed} bars were missed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("health-table: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<usize, Box<dyn std::error::Error>> {
    let plan = Plan {
        seeds: options.seeds,
        first_seed: options.first_seed,
        rate: options.rate,
        retries: options.retries,
        jitter: options.jitter,
        preset: options.preset,
        peers: if options.alone {
            Vec::new()
        } else {
            PEERS.to_vec()
        },
    };
    println!("{}", Row::head(&plan));
    let mut missed = 0;
    for path in files(options)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let scenario = Scenario::parse(&std::fs::read_to_string(&path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let row = plan.play(&name, &scenario)?;
        missed += usize::from(!row.holds());
        println!("{row}");
    }
    Ok(missed)
}

fn files(options: &Options) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&options.scenarios)? {
        let path = entry?.path();
        let is_scenario = path.extension().is_some_and(|end| end == "toml");
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if is_scenario && name.contains(&options.only) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
