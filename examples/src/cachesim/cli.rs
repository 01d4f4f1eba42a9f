//! The command line of `cachesim`.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    str::FromStr,
};

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
    #[arg(long, required = true)]
    pub capacity: Vec<Capacities>,
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

/// Several sizes of the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacities(Vec<Capacity>);

/// Which of several sizes cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("size {number} of {count} {what}")]
pub struct CapacityError {
    number: usize,
    count: usize,
    what: String,
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
        match self.replay(&trace, out) {
            // Nobody reads any further, as after `head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            replayed => replayed.map_err(|source| Error::File {
                path: "stdout".into(),
                source,
            })?,
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

    fn replay(&self, trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
        for capacity in self.capacity.iter().flat_map(|some| &some.0) {
            for run in self.runs(*capacity) {
                writeln!(out, "{}", run.replay(trace).to_json())?;
            }
        }
        out.flush()
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

impl FromStr for Capacities {
    type Err = CapacityError;

    fn from_str(text: &str) -> Result<Self, CapacityError> {
        let count = text.split(',').count();
        let read = |(at, part): (usize, &str)| {
            let wrong = |what| CapacityError {
                number: at + 1,
                count,
                what,
            };
            match part.trim() {
                "" => Err(wrong("is empty".to_owned())),
                part => part
                    .parse()
                    .map_err(|error: UnitError| wrong(format!("is `{part}`: {error}"))),
            }
        };
        let read = text.split(',').enumerate().map(read);
        read.collect::<Result<_, _>>().map(Self)
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

    #[test]
    fn of_several_sizes_the_wrong_one_is_named() {
        let read = "1%, 64KiB".parse::<Capacities>().expect("two sizes");
        assert_eq!(read.0.len(), 2);
        for (text, said) in [
            ("1%,,2%", "size 2 of 3 is empty"),
            ("1%,", "size 2 of 2 is empty"),
            ("", "size 1 of 1 is empty"),
            ("1%,2%,abc", "size 3 of 3 is `abc`: "),
        ] {
            let error = text.parse::<Capacities>().expect_err(text).to_string();
            assert!(error.starts_with(said), "{text}: {error}");
        }
    }

    /// What is written to it meets a reader that has gone.
    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error_and_the_plot_is_drawn() {
        let folder = tempfile::tempdir().expect("a folder");
        let (trace, plot) = (folder.path().join("a.tr"), folder.path().join("a.svg"));
        fs::write(&trace, [1, 0, 0, 0, 9, 0, 0, 0].repeat(4)).expect("a trace");
        let args = ["cachesim", "--capacity", "1%,10%", "--trace"].map(Into::into);
        let args = args.into_iter().chain([
            trace.into_os_string(),
            "--plot".into(),
            plot.clone().into_os_string(),
        ]);
        let cli = Cli::try_parse_from(args).expect("a command line");
        cli.run(&mut Closed).expect("it is quiet");
        assert!(plot.exists());
    }
}
