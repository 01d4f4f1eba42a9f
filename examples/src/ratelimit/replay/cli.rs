//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use eaves_common::units::{Rate, UnitError};
use eaves_ratelimit::{BuildError, Limiter, Rule, key::KeyHasher, key::Part, meter, table};

/// Tries rate limits on recorded traffic: reads `<unix_ms> <key> [cost]` lines and prints `allow`,
/// `deny <retry_after_ms>` or `deny never` for each.
#[derive(Clone, Debug, Parser)]
#[command(name = "limit-replay")]
pub struct Cli {
    /// A limit per key; with several, a request must fit under all. Windows have no burst: theirs
    /// only bounds the cost of one request.
    #[arg(long = "rule", value_name = "\"100/1s burst 20\"", required = true)]
    pub rules: Vec<Rate>,
    /// How rules count.
    #[arg(long, value_enum, default_value_t = Algorithm::Gcra)]
    pub algorithm: Algorithm,
    /// Keys that each rule can tell apart at once, 8 or more [default: 65536, fewer for large logs].
    #[arg(long, value_name = "N")]
    pub cells: Option<table::Capacity>,
    /// Reads a combined access log instead of standard input: the client is the key, its /64 if its
    /// address is of IPv6.
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
}

/// How rules count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Algorithm {
    /// The generic cell rate algorithm.
    Gcra,
    /// A window that slides, in ten sub-buckets and the one leaving it.
    Window,
    /// The time of each unit: exact, for small limits.
    Log,
    /// Windows that begin at whole multiples of the period.
    Fixed,
}

impl Cli {
    /// Builds the limiter; its keys are the value `key`.
    ///
    /// # Errors
    ///
    /// If a rule cannot be counted by the algorithm, or there are too many of them.
    pub fn limiter(&self) -> Result<Limiter, BuildError> {
        let rules = self
            .rules
            .iter()
            .enumerate()
            .map(|(at, rate)| self.rule(at, *rate));
        // A secret keeps strangers from choosing keys that collide; a replay is to be repeatable.
        Limiter::new(
            rules.collect::<Result<Vec<_>, _>>()?,
            KeyHasher::with_seed(0x5eed),
        )
    }

    /// The most that one request may cost.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.rules
            .iter()
            .map(|rate| rate.burst().get())
            .min()
            .unwrap_or(u64::MAX)
    }

    fn rule(&self, at: usize, rate: Rate) -> Result<Rule, BuildError> {
        let capacity = self.cells.map_or_else(|| self.usual_cells(rate), Ok)?;
        let rule = Rule::new(format!("rule {}", at + 1), self.counted(rate), capacity)?;
        // Wide cells have ticks of a nanosecond or less, so that waits are right to the millisecond.
        let rule = rule
            .key([Part::Value(KEY.to_owned())])
            .width(table::Width::Wide);
        Ok(rule.algorithm(self.algorithm.into()))
    }

    /// The rate as the algorithm counts it.
    fn counted(&self, rate: Rate) -> Rate {
        let without_burst =
            || -> Result<Rate, UnitError> { Rate::per(rate.count().get(), rate.period()) };
        match self.algorithm {
            Algorithm::Gcra => rate,
            _ => without_burst().unwrap_or(rate),
        }
    }

    /// As many cells as fit the memory that a replay may take.
    fn usual_cells(&self, rate: Rate) -> Result<table::Capacity, BuildError> {
        let least = table::Capacity::MIN.cells() as u64;
        let cells = match self.algorithm {
            Algorithm::Log => (LOG_UNITS / rate.count().get()).clamp(least, CELLS),
            _ => CELLS,
        };
        table::Capacity::new(cells as usize)
    }
}

/// The name of the value that is the key.
pub(super) const KEY: &str = "key";
const CELLS: u64 = 65_536;
/// Units for which a log has room by default: 64 MiB of times.
const LOG_UNITS: u64 = 8 << 20;

impl From<Algorithm> for meter::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Gcra => Self::Gcra,
            Algorithm::Window => Self::Window,
            Algorithm::Log => Self::Log,
            Algorithm::Fixed => Self::Fixed,
        }
    }
}
