//! The command line of `cachesim`.

use std::{fs, io::Write, path::PathBuf, str::FromStr};

use clap::{Parser, ValueEnum};
use eaves_cache::store::tinylfu;
use eaves_common::units::{ByteSize, Ratio, UnitError};

use super::{Error, Policy, Run, Trace, plot};

/// Replays a trace of requests through the cache and prints what it would have served.
///
/// Each object is asked for and, on a miss, put in. One JSON line is printed per run: `ohr` is the share of requests
/// served, `bhr` the share of bytes.
#[derive(Clone, Debug, Parser)]
#[command(name = "cachesim", version)]
pub struct Cli {
    /// Trace to replay: an access log, or records of `u32 id, u32 size` in little endian; `.zst` is decompressed.
    #[arg(long, value_name = "FILE")]
    pub trace: PathBuf,
    /// What the trace is; looked up in its first line otherwise.
    #[arg(long)]
    pub format: Option<Format>,
    /// Size of the cache: a share of what is distinct in the trace (`1%`) or an amount (`64MiB`); several by comma.
    #[arg(long, required = true, value_delimiter = ',')]
    pub capacity: Vec<Capacity>,
    /// What the cache strives for.
    #[arg(long, value_enum, default_value_t = Goal::Objects)]
    pub goal: Goal,
    /// Whether an object counts its bytes, or one.
    #[arg(long, value_enum, default_value_t = By::Bytes)]
    pub by: By,
    /// Seed of the hash.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Replays through plain LRU too.
    #[arg(long)]
    pub compare: bool,
    /// Draws the miss ratio over the size of the cache.
    #[arg(long, value_name = "FILE.svg")]
    pub plot: Option<PathBuf>,
}

/// What a trace file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// An access log in the combined format: GETs answered 200 count.
    Combined,
    /// Records of `u32 id, u32 size`, little endian.
    Tr,
}

/// What the cache strives for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Goal {
    /// The share of bytes served.
    Bytes,
    /// The share of requests served.
    Objects,
}

/// What an object counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Its bytes.
    Bytes,
    /// One.
    Entries,
}

/// The size of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// So many bytes or entries.
    Amount(u64),
    /// A share of the distinct bytes or entries.
    Share(Ratio),
}

impl Cli {
    /// Replays, prints to `out`, and draws.
    ///
    /// # Errors
    ///
    /// When the trace cannot be read or the output cannot be written.
    pub fn run(&self, out: &mut dyn Write) -> Result<(), Error> {
        let trace = Trace::read(&self.trace, self.format)?;
        if trace.skipped > 0 {
            eprintln!(
                "cachesim: left out {} lines that are no GET answered 200",
                trace.skipped
            );
        }
        for capacity in &self.capacity {
            for run in self.runs(*capacity) {
                let line = run.replay(&trace).to_json();
                writeln!(out, "{line}").map_err(|source| Error::File {
                    path: "stdout".into(),
                    source,
                })?;
            }
        }
        let Some(path) = &self.plot else {
            return Ok(());
        };
        let svg = plot::miss_ratios(&trace, &self.runs(Capacity::Share(Ratio::ONE)));
        fs::write(path, svg).map_err(|source| Error::File {
            path: path.clone(),
            source,
        })
    }

    fn runs(&self, capacity: Capacity) -> Vec<Run> {
        let run = |policy| Run {
            policy,
            goal: self.goal.into(),
            by: self.by,
            capacity,
            seed: self.seed,
        };
        let mut runs = vec![run(Policy::Eaves)];
        runs.extend(self.compare.then(|| run(Policy::Lru)));
        runs
    }
}

impl Capacity {
    /// The capacity where `whole` is distinct; at least 1.
    #[must_use]
    pub fn of(self, whole: u64) -> u64 {
        let amount = match self {
            Self::Amount(amount) => amount,
            Self::Share(share) => share.of(whole),
        };
        amount.max(1)
    }
}

impl FromStr for Capacity {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text.ends_with('%') {
            return text.parse().map(Self::Share);
        }
        let amount: ByteSize = text.parse()?;
        Ok(Self::Amount(amount.as_u64()))
    }
}

impl From<Goal> for tinylfu::Goal {
    fn from(goal: Goal) -> Self {
        match goal {
            Goal::Bytes => Self::Bytes,
            Goal::Objects => Self::Objects,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capacity_is_a_share_or_an_amount() {
        let cases = [
            ("1%", 2_000, 20),
            ("0.1%", 999, 1),
            ("64KiB", 5, 65_536),
            ("7", 5, 7),
        ];
        for (text, whole, expected) in cases {
            let capacity: Capacity = text.parse().expect(text);
            assert_eq!(capacity.of(whole), expected, "{text}");
        }
        assert!("1 percent".parse::<Capacity>().is_err());
    }
}
