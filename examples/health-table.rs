//! Plays every scenario with every detector and prints medians over many seeds as a table.
//!
//! Try it: `cargo run --release --example health-table -- --seeds 20`

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use eaves_examples::health::sim::{PEERS, Report, Scenario, Who, report};
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
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("health-table: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let peers: &[&str] = if options.alone { &[] } else { &PEERS };
    println!(
        "| scenario | {}own | oracle | own above | detect ms | false | probes |",
        names(peers)
    );
    println!("|---|{}", "---|".repeat(peers.len() + 6));
    let mut files: Vec<PathBuf> = std::fs::read_dir(&options.scenarios)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    for path in files {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !name.contains(&options.only) {
            continue;
        }
        let mut scenario = Scenario::parse(&std::fs::read_to_string(&path)?)?;
        scenario.rate = options.rate.unwrap_or(scenario.rate);
        scenario.retries = options.retries.unwrap_or(scenario.retries);
        line(options, &name, &scenario, peers)?;
    }
    Ok(())
}

fn names(peers: &[&str]) -> String {
    peers.iter().map(|name| format!("{name} | ")).collect()
}

fn line(
    options: &Options,
    name: &str,
    scenario: &Scenario,
    peers: &[&str],
) -> Result<(), eaves_common::Error> {
    let measure: fn(&Report) -> f64 = match name {
        "slow" => |report| report.slow as f64,
        "noise" => |report| report.false_ejections as f64,
        _ => |report| report.failed as f64,
    };
    let mut cells = String::new();
    for peer in peers {
        let reports = reports(options, scenario, Who::Peer(peer))?;
        cells.push_str(&format!("{} | ", median(&reports, measure)));
    }
    let own = reports(options, scenario, Who::Ours(options.preset))?;
    let oracle: fn(&Report) -> f64 = match name {
        "slow" => |report| report.oracle_slow as f64,
        "noise" => |_| 0.0,
        _ => |report| report.oracle_failed as f64,
    };
    let (failed, best) = (median(&own, measure), median(&own, oracle));
    println!(
        "| {name} | {cells}{failed} | {best} | {} | {:.0} | {} | {} |",
        failed - best,
        median(&own, |report| report.detect_ms.unwrap_or(f64::NAN)),
        median(&own, |report| report.false_ejections as f64),
        median(&own, |report| report.probes as f64),
    );
    Ok(())
}

fn reports(
    options: &Options,
    scenario: &Scenario,
    who: Who<'_>,
) -> Result<Vec<Report>, eaves_common::Error> {
    (0..options.seeds)
        .map(|at| {
            let mut scenario = scenario.clone();
            scenario.seed = options.first_seed + at;
            report(&scenario, who)
        })
        .collect()
}

fn median(reports: &[Report], measure: fn(&Report) -> f64) -> f64 {
    let mut all: Vec<f64> = reports.iter().map(measure).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}
