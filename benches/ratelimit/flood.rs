//! Ten million keys of which none comes twice: what a check costs beside governor's, how much memory it
//! takes, and how long the longest checks took.
//!
//! A round takes seconds, so there are three of each and no statistics of criterion's.

use std::{hint::black_box, net::IpAddr, time::Duration};

use eaves_common::time::{Clock as _, CounterClock};
use eaves_ratelimit::{
    key::KeyHasher,
    table::{Pages, Width},
};

use crate::{Check, addr, by_clock, by_kernel, cpu, gcra, governor, ours_in};

const KEYS: u32 = 10_000_000;
const ROUNDS: usize = 3;
const BAR: f64 = 0.22;
/// Checks between two readings of the thread's own time.
const BLOCK: usize = 64;
const WORST_ROUNDS: usize = 5;

/// Prints the rounds and the best of them.
#[allow(clippy::print_stdout, reason = "that is what a bench is for")]
pub(crate) fn print() {
    let keys: Vec<IpAddr> = (0..KEYS).map(addr).collect();
    println!("\nratelimit/flood/10m-keys, each round with a limiter of its own");
    let mut best = [f64::MAX; 4];
    for _ in 0..ROUNDS {
        let rounds = [
            (
                "eaves",
                round(&keys, || ours_in(Pages::Ordinary, by_clock())),
            ),
            (
                "huge pages",
                round(&keys, || ours_in(Pages::Huge, by_clock())),
            ),
            (
                "coarse clock",
                round(&keys, || ours_in(Pages::Ordinary, by_kernel())),
            ),
            ("governor", round(&keys, governor)),
        ];
        for ((name, (ns, grown)), best) in rounds.into_iter().zip(&mut best) {
            let ratio = ns / rounds[3].1.0;
            print!("  {name} {ns:.0} ns, {grown:+} KiB resident, ratio {ratio:.2};");
            *best = best.min(ns);
        }
        println!();
    }
    let [ordinary, huge, coarse, governor] = best;
    for (name, ns) in [
        ("ordinary pages", ordinary),
        ("huge pages", huge),
        ("ordinary pages, coarse clock", coarse),
    ] {
        let ratio = ns / governor;
        let verdict = if ratio <= BAR { "" } else { "  MISSED" };
        println!("  best of each, {name}: {ratio:.2}, bar {BAR:.2}{verdict}");
    }
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

/// The longest checks, beside the longest turns of an empty loop over as long a time right after: what the
/// machine takes away. Own time is read once in [`BLOCK`] turns, since to read it takes the kernel, which
/// then does its own work in this thread's time; the longest block bounds its longest check from above.
#[allow(clippy::print_stdout, reason = "that is what a bench is for")]
fn worst(keys: &[IpAddr]) {
    let (gcra, hasher) = (gcra(Width::Narrow), KeyHasher::random());
    let clock = CounterClock::new();
    let mut rounds = [const { Vec::new() }; 2];
    for _ in 0..WORST_ROUNDS {
        let mut keys = keys.chunks(BLOCK);
        let start = clock.mono();
        let checks = longest(&clock, || {
            for key in keys.next()? {
                black_box(gcra.check_by(hasher.hash(key), 1, &clock).is_allowed());
            }
            Some(())
        });
        let (end, took) = (clock.mono(), clock.mono() - start);
        let nothing = longest(&clock, || {
            for _ in 0..BLOCK * 8 {
                black_box(clock.mono());
            }
            (clock.mono() - end < took).then_some(())
        });
        rounds[0].push(checks);
        rounds[1].push(nothing);
    }
    println!(
        "  longest block of {BLOCK} checks, of {WORST_ROUNDS} rounds of {KEYS} keys; bar of a check 1 ms"
    );
    for (name, mut rounds) in ["check", "empty loop"].into_iter().zip(rounds) {
        rounds.sort_unstable();
        let (least, median) = (rounds[0], rounds[WORST_ROUNDS / 2]);
        println!(
            "  {name:<12} own time least {:?}, median {:?}; wall least {:?}, median {:?}",
            least.0, median.0, least.1, median.1
        );
    }
}

/// The longest turn by the thread's own time, and by the wall.
fn longest(clock: &CounterClock, mut turn: impl FnMut() -> Option<()>) -> (Duration, Duration) {
    let mut longest = (Duration::ZERO, Duration::ZERO);
    let mut last = (cpu(), clock.mono());
    while turn().is_some() {
        let now = (cpu(), clock.mono());
        longest.0 = longest.0.max(now.0 - last.0);
        longest.1 = longest.1.max(now.1 - last.1);
        last = now;
    }
    longest
}

/// Resident memory in KiB, 0 where the system does not tell.
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
