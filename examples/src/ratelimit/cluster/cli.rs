//! The command line.

use std::time::Duration;

use clap::{Parser, ValueEnum};
use eaves_common::units::Rate;

use super::Load;

/// Lets nodes share limits by way of one Redis, pulls its plug, and prints each second what that does.
///
/// Needs `redis-server`, which it starts on a port of its own.
#[derive(Clone, Debug, Parser)]
#[command(name = "limit-cluster")]
pub struct Cli {
    /// How long to run: 12 seconds if nothing is said, 60 with a fault, which takes the middle half.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: Option<u32>,
    /// Nodes that share the limit.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=100))]
    pub nodes: u32,
    /// The limit of all nodes together.
    #[arg(long, default_value = "1000/1s burst 100")]
    pub limit: Rate,
    /// How requests are spread over nodes and time.
    #[arg(long, value_enum, default_value = "uniform")]
    pub load: Load,
    /// How much is asked for, in multiples of the limit: 3 if nothing is said, 20 in a pulse.
    #[arg(long, value_parser = times)]
    times: Option<f64>,
    /// What happens to Redis.
    #[arg(long, value_enum)]
    pub fault: Option<Fault>,
    /// Prints one JSON object in place of the table.
    #[arg(long)]
    pub json: bool,
}

/// What happens to Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// It is killed, and started anew, empty.
    Kill,
    /// It is stopped, and goes on where it was.
    Hang,
    /// Each word to it takes 300 ms.
    Slow,
}

impl Cli {
    /// How long to run.
    #[must_use]
    pub fn seconds(&self) -> u32 {
        let usual = if self.fault.is_some() { 60 } else { 12 };
        self.seconds.unwrap_or(usual)
    }

    /// How much is asked for, in requests per second.
    pub(super) fn rate(&self) -> f64 {
        let usual = match self.load {
            Load::Pulse => 20.0,
            Load::Skew | Load::Uniform => 3.0,
        };
        self.times.unwrap_or(usual) * self.limit_per_second()
    }

    pub(super) fn limit_per_second(&self) -> f64 {
        self.limit.count().get() as f64 / self.limit.period().as_secs_f64()
    }

    /// When the fault begins and ends.
    pub(super) fn fault_times(&self) -> (Duration, Duration) {
        let whole = Duration::from_secs(self.seconds().into());
        (whole / 4, whole / 4 * 3)
    }
}

fn times(text: &str) -> Result<f64, &'static str> {
    let times = text.parse().unwrap_or(f64::NAN);
    let is_usable = (0.01..=1_000.0).contains(&times);
    is_usable.then_some(times).ok_or("use 0.01 to 1000")
}
