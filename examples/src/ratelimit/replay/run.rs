//! The replay itself.

use std::{
    fmt,
    io::{self, BufRead, Read as _, Write},
    path::PathBuf,
    time::Duration,
};

use eaves_common::time::{Mono, Wall};
use eaves_ratelimit::{Decision, Limiter, key::Facts};

use super::{Algorithm, Cli, Format, LineError, Request, cli::KEY};

/// How a replay came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Requests that were allowed.
    pub allowed: u64,
    /// Requests that were denied for now.
    pub denied: u64,
    /// Requests that cost more than is ever allowed.
    pub never: u64,
    /// Keys that were forgotten while they owed something, for want of cells.
    pub forgotten: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            allowed,
            denied,
            never,
            forgotten,
        } = self;
        let requests = allowed + denied + never;
        write!(
            f,
            "{requests} requests: {allowed} allowed, {denied} denied, {never} never possible; "
        )?;
        write!(f, "{forgotten} keys forgotten for want of cells")
    }
}

/// A replay that could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A rule cannot be counted.
    #[error("{0}")]
    Build(#[from] eaves_ratelimit::BuildError),
    /// The log cannot be opened.
    #[error("{}: {error}", file.display())]
    Log {
        /// Its name.
        file: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The requests cannot be read.
    #[error("cannot read on: {0}")]
    Read(io::Error),
    /// The answers cannot be written.
    #[error("cannot write the answers: {0}")]
    Write(io::Error),
    /// A line is not of the format.
    #[error("line {number}: {error}")]
    Line {
        /// Its number, from 1.
        number: u64,
        /// What is wrong with it.
        error: LineError,
    },
}

/// Decides about each line of `input` and writes the answers to `output`, as far as lines are good.
///
/// # Errors
///
/// If a rule cannot be counted, a line is not of the format, or input or output fails.
pub fn replay(
    cli: &Cli,
    format: Format,
    mut input: impl BufRead,
    output: &mut impl Write,
) -> Result<Summary, ReplayError> {
    let limiter = cli.limiter()?;
    let mut summary = Summary::default();
    let (mut line, mut start, mut now) = (Vec::new(), None, Mono::ZERO);
    for number in 1.. {
        if !read_line(&mut input, &mut line).map_err(ReplayError::Read)? {
            break;
        }
        let text = std::str::from_utf8(&line)
            .ok()
            .filter(|text| text.len() <= LONGEST);
        let request = text
            .ok_or(LineError::Text)
            .and_then(|text| format.read(text));
        let request = request.map_err(|error| ReplayError::Line { number, error })?;
        let start = *start.get_or_insert_with(|| zero(cli.algorithm, request.time));
        now = Mono::ZERO + (request.time - start);
        let answer = decide(&limiter, cli.most(), &request, now);
        summary.count(answer);
        writeln!(output, "{answer}").map_err(ReplayError::Write)?;
    }
    summary.forgotten = limiter
        .occupancy(now)
        .map(|(_, occupancy)| occupancy.evicted)
        .sum();
    Ok(summary)
}

/// The answer about one request.
#[derive(Clone, Copy)]
enum Answer {
    Allow,
    Deny(Duration),
    Never,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow => f.write_str("allow"),
            Self::Deny(after) => write!(f, "deny {}", after.as_nanos().div_ceil(1_000_000).max(1)),
            Self::Never => f.write_str("deny never"),
        }
    }
}

impl Summary {
    fn count(&mut self, answer: Answer) {
        *match answer {
            Answer::Allow => &mut self.allowed,
            Answer::Deny(_) => &mut self.denied,
            Answer::Never => &mut self.never,
        } += 1;
    }
}

fn decide(limiter: &Limiter, most: u64, request: &Request<'_>, now: Mono) -> Answer {
    if request.cost > most {
        return Answer::Never;
    }
    let values = [(KEY, &*request.key)];
    let facts = Facts::default().values(&values);
    let decision: Decision<'_> = limiter.check_cost(&facts, request.cost, now);
    match decision.retry_after() {
        _ if decision.is_allowed() => Answer::Allow,
        Some(after) => Answer::Deny(after),
        None => Answer::Never,
    }
}

/// The zero of the replay's clock. Windows begin where those of wall time do; GCRA knows only
/// distances, and small numbers are exact at any rate.
fn zero(algorithm: Algorithm, first: Wall) -> Wall {
    match algorithm {
        Algorithm::Gcra => first - EARLIER,
        _ => Wall::ZERO,
    }
}

/// How far before the first line another may lie.
const EARLIER: Duration = Duration::from_secs(3_600);
const LONGEST: usize = 64 << 10;

/// Reads a line without its end, or the beginning of one that is too long; `false` at the end.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    input.take(LONGEST as u64 + 2).read_until(b'\n', line)?;
    if line.is_empty() {
        return Ok(false);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(true)
}
