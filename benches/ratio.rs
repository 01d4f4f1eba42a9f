//! Contenders on the same input: each is a criterion benchmark of its group, and one row of a table that
//! says how many times the fastest peer's time ours takes, beside the bar that is set for it.
//!
//! Times are the thread's processor time, so that other programs disturb little; for the table, rounds of
//! all contenders alternate and the best of each counts.

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, Throughput};
use rustix::time::{ClockId, clock_gettime};

/// Rounds of which the best counts.
const ROUNDS: usize = 15;
/// How long a round of ours takes at least.
const ROUND: Duration = Duration::from_millis(2);

/// One of those compared.
pub(crate) struct Contender<'a> {
    name: &'static str,
    run: Box<dyn FnMut(u64) -> Duration + 'a>,
}

impl<'a> Contender<'a> {
    /// Repeats `once`.
    pub(crate) fn new<T>(name: &'static str, mut once: impl FnMut() -> T + 'a) -> Self {
        let run = move |count| {
            let start = cpu();
            for _ in 0..count {
                black_box(once());
            }
            cpu() - start
        };
        Self {
            name,
            run: Box::new(run),
        }
    }

    /// Repeats `once` on what `prepare` makes, the making not counted.
    #[allow(dead_code, reason = "not every bench that shares this needs it")]
    pub(crate) fn prepared<I, T>(
        name: &'static str,
        mut prepare: impl FnMut() -> I + 'a,
        mut once: impl FnMut(I) -> T + 'a,
    ) -> Self {
        let run = move |count| {
            let mut total = Duration::ZERO;
            for _ in 0..count {
                let input = prepare();
                let start = cpu();
                black_box(once(input));
                total += cpu() - start;
            }
            total
        };
        Self {
            name,
            run: Box::new(run),
        }
    }
}

/// The rows so far.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<String>,
    bytes: Option<u64>,
}

impl Table {
    /// Says how many octets the inputs that follow have: criterion and the table then tell throughput.
    #[allow(dead_code, reason = "not every bench that shares this has such inputs")]
    pub(crate) fn octets(&mut self, octets: usize) {
        self.bytes = Some(octets as u64);
    }

    /// Runs a group: ours comes first, and takes at most `bar` times as long as the fastest peer.
    pub(crate) fn compare(
        &mut self,
        c: &mut Criterion,
        name: &str,
        bar: f64,
        mut contenders: Vec<Contender<'_>>,
    ) {
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        if let Some(bytes) = self.bytes {
            group.throughput(Throughput::Bytes(bytes));
        }
        for contender in &mut contenders {
            group.bench_function(contender.name, |b| b.iter_custom(&mut contender.run));
        }
        group.finish();
        if is_asked_for(name) {
            self.rows.push(row(name, bar, self.bytes, &mut contenders));
        }
    }

    /// Prints all rows.
    #[allow(clippy::print_stdout, reason = "that is what a bench is for")]
    pub(crate) fn print(&self) {
        if !self.rows.is_empty() {
            println!(
                "\n{:<24}{:>12}  {:<24}{:>7}{:>7}",
                "", "eaves", "fastest peer", "ratio", "bar"
            );
        }
        for row in &self.rows {
            println!("{row}");
        }
    }
}

/// Measures in turns and writes down the best.
fn row(name: &str, bar: f64, bytes: Option<u64>, contenders: &mut [Contender<'_>]) -> String {
    let mut count = 1;
    while (contenders[0].run)(count) < ROUND {
        count *= 2;
    }
    let mut best = vec![f64::MAX; contenders.len()];
    for _ in 0..ROUNDS {
        for (best, contender) in best.iter_mut().zip(&mut *contenders) {
            let time = (contender.run)(count).as_secs_f64() * 1e9 / count as f64;
            *best = best.min(time);
        }
    }
    let peers = best[1..].iter().zip(&contenders[1..]);
    let fastest = peers.min_by(|(a, _), (b, _)| a.total_cmp(b));
    let (peer, who) = fastest.map_or((f64::NAN, ""), |(time, contender)| (*time, contender.name));
    let ratio = best[0] / peer;
    let verdict = if ratio <= bar { "" } else { "  MISSED" };
    let peer = format!("{peer:.1} ns {who}");
    let speed = bytes.map_or_else(String::new, |bytes| {
        format!(
            "  {:.0} MB/s, {:.2} times theirs",
            bytes as f64 * 1e3 / best[0],
            1.0 / ratio
        )
    });
    format!(
        "{name:<24}{:>9.1} ns  {peer:<24}{ratio:>7.2}{bar:>7.2}{verdict}{speed}",
        best[0]
    )
}

/// Says whether rows are wanted: in benches, not in tests of them, and within the filter, which comes first
/// if there is one.
fn is_asked_for(name: &str) -> bool {
    let is_bench = std::env::args().any(|arg| arg == "--bench");
    let filter = std::env::args().nth(1).filter(|arg| !arg.starts_with('-'));
    is_bench && filter.is_none_or(|filter| name.contains(&*filter))
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
