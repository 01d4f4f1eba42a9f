//! Plays an outage in virtual time through the real monitor and selector, and prints what came of it.
//!
//! Try it: `cargo run --release --example health-sim -- --scenario examples/scenarios/gray.toml --svg gray.svg`

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use eaves_examples::health::sim::{Scenario, Who, chart, report};
use eaves_health::monitor::Preset;

/// Plays an outage in virtual time.
#[derive(Debug, Parser)]
#[command(
    name = "health-sim",
    arg_required_else_help = true,
    after_help = "For example: health-sim --scenario examples/scenarios/gray.toml --svg gray.svg"
)]
struct Options {
    /// The world and what goes wrong in it.
    #[arg(long, value_name = "FILE.toml")]
    scenario: PathBuf,
    /// Decides every draw, in place of the file's own seed.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How evidence becomes verdicts: web, api, batch or low-traffic.
    #[arg(long, value_name = "NAME", default_value = "web")]
    preset: Preset,
    /// Plays another's detector instead: none, pingora, haproxy, haproxy-observe, nginx, envoy-5xx, envoy-sd, envoy-hc, linkerd, phi.
    #[arg(long, value_name = "NAME", conflicts_with = "preset")]
    detector: Option<String>,
    /// Draws the run, too.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("health-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(&options.scenario)
        .map_err(|error| format!("{}: {error}", options.scenario.display()))?;
    let mut scenario = Scenario::parse(&text)
        .map_err(|error| format!("{}: {error}", options.scenario.display()))?;
    scenario.seed = options.seed.unwrap_or(scenario.seed);
    let who = options
        .detector
        .as_deref()
        .map_or(Who::Ours(options.preset), Who::Peer);
    let report = report(&scenario, who)?;
    println!("{}", serde_json::to_string(&report)?);
    if let Some(path) = &options.svg {
        std::fs::write(path, chart(&scenario, &report.score))?;
    }
    Ok(())
}
