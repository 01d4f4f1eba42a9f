//! Checks beside governor's, rounds of both in turns so that other programs disturb both: the best round of
//! each, and the bar; beside it the ratio of the medians, which one lucky round does not move.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use eaves_ratelimit::table::Pages;

use crate::{Check, by_clock, by_kernel, governor, hot, ours_in, passed, time, zipf};

/// Rounds of which the best counts.
const ROUNDS: usize = 15;
/// Checks of a round, per thread.
const CHECKS: usize = 200_000;

/// Prints a row for each bar of a check, in ordinary pages and in huge ones.
#[allow(clippy::print_stdout, reason = "that is what a bench is for")]
pub(crate) fn print() {
    println!(
        "\n{:<46}{:>9}{:>10}{:>7}{:>9}{:>7}",
        "best of 15 rounds, ns", "eaves", "governor", "ratio", "medians", "bar"
    );
    for (name, keys, bars) in [
        ("1k-hot", hot(), [0.6, 0.5, 0.3]),
        ("1m-zipf", zipf(), [0.6, 0.42, 0.26]),
    ] {
        let [one, two, now] = bars;
        for (pages, in_pages) in [(Pages::Ordinary, ""), (Pages::Huge, ", huge pages")] {
            let (own, told) = (ours_in(pages, by_clock()), ours_in(pages, passed));
            let name = |time: &str| format!("{name}, {time}{in_pages}");
            row(&name("own clock"), &keys, (1, one), &own);
            row(&name("own clock"), &keys, (2, two), &own);
            row(&name("now passed"), &keys, (1, now), &told);
            row(&name("now passed"), &keys, (2, now), &told);
        }
        let coarse = ours_in(Pages::Ordinary, by_kernel());
        row(&format!("{name}, coarse clock"), &keys, (1, one), &coarse);
        row(&format!("{name}, coarse clock"), &keys, (2, two), &coarse);
    }
}

#[allow(clippy::print_stdout, reason = "that is what a bench is for")]
fn row(name: &str, keys: &[IpAddr], (threads, bar): (usize, f64), ours: &impl Check) {
    let theirs = governor();
    let all = keys.len() as u64;
    time(1, all, keys, ours);
    time(1, all, keys, &theirs);
    let at = AtomicUsize::new(0);
    let mut rounds = [const { Vec::new() }; 2];
    for _ in 0..ROUNDS {
        let from = at.fetch_add(CHECKS, Ordering::Relaxed) % keys.len();
        let keys = &keys[from..keys.len().min(from + CHECKS)];
        let ns = |limiter: &dyn Check| {
            time(threads, CHECKS as u64, keys, limiter).as_secs_f64() * 1e9 / CHECKS as f64
        };
        rounds[0].push(ns(ours));
        rounds[1].push(ns(&theirs));
    }
    let [ours, theirs] = rounds.map(|mut rounds| {
        rounds.sort_by(f64::total_cmp);
        (rounds[0], rounds[ROUNDS / 2])
    });
    let (ratio, medians) = (ours.0 / theirs.0, ours.1 / theirs.1);
    let verdict = if ratio <= bar { "" } else { "  MISSED" };
    println!(
        "{:<46}{:>9.1}{:>10.1}{ratio:>7.2}{medians:>9.2}{bar:>7.2}{verdict}",
        format!("{name}, {threads} thread(s)"),
        ours.0,
        theirs.0
    );
}
