//! Ten million keys of which none comes twice: what a check costs beside governor's, how much memory it
//! takes, and which check took longest.
//!
//! A round takes seconds, so there are three of each and no statistics of criterion's.

use std::{hint::black_box, net::IpAddr, time::Duration};

use eaves_common::time::{Clock as _, CounterClock};
use eaves_ratelimit::{key::KeyHasher, table::Width};

use crate::{Check, addr, by_clock, cpu, gcra, governor, ours};

const KEYS: u32 = 10_000_000;
const ROUNDS: usize = 3;
const BAR: f64 = 0.22;

/// Prints the rounds and the best of them.
#[allow(clippy::print_stdout, reason = "that is what a bench is for")]
pub(crate) fn print() {
    let keys: Vec<IpAddr> = (0..KEYS).map(addr).collect();
    println!("\nratelimit/flood/10m-keys, each round with a limiter of its own");
    let mut best = [f64::MAX; 2];
    for _ in 0..ROUNDS {
        let eaves = round(&keys, || ours(Width::Narrow, by_clock()));
        let theirs = round(&keys, governor);
        println!(
            "  eaves {:.0} ns, {:+} KiB resident; governor {:.0} ns, {:+} KiB; ratio {:.2}",
            eaves.0,
            eaves.1,
            theirs.0,
            theirs.1,
            eaves.0 / theirs.0
        );
        best = [best[0].min(eaves.0), best[1].min(theirs.0)];
    }
    let ratio = best[0] / best[1];
    let verdict = if ratio <= BAR { "" } else { "  MISSED" };
    println!("  best of each: {ratio:.2}, bar {BAR:.2}{verdict}");
    worst(&keys);
}

/// Nanoseconds a check, and the growth of resident memory in KiB since the limiter was built.
fn round<L: Check>(keys: &[IpAddr], limiter: impl Fn() -> L) -> (f64, i64) {
    let limiter = limiter();
    let before = resident();
    let start = cpu();
    for key in keys {
        black_box(limiter.check(*key));
    }
    let time = cpu() - start;
    let grown = resident() - before;
    (time.as_secs_f64() * 1e9 / keys.len() as f64, grown)
}

/// The longest check, beside the longest of as many turns that do nothing: what the machine takes away.
/// A thread's own time leaves out what other programs took.
#[allow(clippy::print_stdout, reason = "that is what a bench is for")]
fn worst(keys: &[IpAddr]) {
    let (gcra, hasher, clock) = (
        gcra(Width::Narrow),
        KeyHasher::random(),
        CounterClock::new(),
    );
    let longest = |work: &dyn Fn(IpAddr)| {
        let mut longest = [Duration::ZERO; 2];
        let mut last = (clock.mono(), cpu());
        for key in keys {
            work(*key);
            let now = (clock.mono(), cpu());
            longest = [
                longest[0].max(now.0 - last.0),
                longest[1].max(now.1 - last.1),
            ];
            last = now;
        }
        longest
    };
    let check = longest(&|key| {
        black_box(gcra.check_by(hasher.hash(&key), 1, &clock).is_allowed());
    });
    let nothing = longest(&|key| {
        black_box(key);
    });
    println!(
        "  longest of {KEYS}: check {:?} ({:?} of the thread's own time), nothing at all {:?} ({:?})",
        check[0], check[1], nothing[0], nothing[1]
    );
}

/// Resident memory in KiB, 0 where the system does not tell.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
