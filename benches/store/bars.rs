//! The engine beside quick_cache, rounds of both in turns so that other programs disturb both: the median round
//! of each, the median of the rounds' ratios, and the bar.

use crate::{Mix, RESIDENT, ask, is_asked_for, make, time};

/// Rounds of each store.
const ROUNDS: usize = 25;
/// Requests of a round, per thread.
const REQUESTS: usize = 250_000;

/// Why these ratios differ from those that criterion's order gives.
const HEADING: &str = "\
    The stores take turns, round by round: each finds in the processor's caches what the other left there, as in a\n\
    service that does other work between requests. Criterion measures one store to the end before the next: its tables\n\
    stay in the caches, the ratios are kinder to the one that has more of them, and a busy machine disturbs only one.";

/// Prints a row for each mix, for one and two threads.
#[allow(clippy::print_stdout, reason = "that is what a bench is for")]
pub(crate) fn print(keys: &[u32]) {
    if is_asked_for("store/bars") {
        println!("\n{HEADING}");
        println!(
            "{:<36}{:>9}{:>12}{:>7}{:>7}",
            "median of 25 rounds, CPU ns", "eaves", "quick_cache", "ratio", "bar"
        );
    }
    for (name, mix, bar) in [
        ("gets alone", Mix::Puts(0), None),
        ("95-5", Mix::Puts(5), Some(1.15)),
        ("75-25", Mix::Puts(25), Some(1.25)),
        ("read-through", Mix::ReadThrough, Some(1.7)),
    ] {
        for threads in [1, 2] {
            let name = format!("store/bars/{name}/{threads}-threads");
            if is_asked_for(&name) {
                row(&name, mix, threads, bar, keys);
            }
        }
    }
}

#[allow(clippy::print_stdout, reason = "that is what a bench is for")]
fn row(name: &str, mix: Mix, threads: usize, bar: Option<f64>, keys: &[u32]) {
    let [ours, theirs] = ["eaves", "quick_cache"].map(|name| make(name, RESIDENT));
    ask(&*ours, Mix::ReadThrough, keys.iter().copied());
    ask(&*theirs, Mix::ReadThrough, keys.iter().copied());
    let rounds: Vec<[f64; 3]> = keys
        .chunks_exact(REQUESTS)
        .cycle()
        .take(ROUNDS)
        .map(|keys| {
            let [own, peer] = [&ours, &theirs].map(|cache| {
                let spent = time(&**cache, mix, threads, REQUESTS as u64, keys);
                spent.as_secs_f64() * 1e9 / REQUESTS as f64
            });
            [own, peer, own / peer]
        })
        .collect();
    let [own, peer, ratio] = [0, 1, 2].map(|column| median(&rounds, column));
    let (bar, verdict) = match bar {
        Some(bar) if ratio > bar => (format!("{bar:.2}"), "  MISSED"),
        Some(bar) => (format!("{bar:.2}"), ""),
        None => (String::new(), ""),
    };
    println!("{name:<36}{own:>9.1}{peer:>12.1}{ratio:>7.2}{bar:>7}{verdict}");
}

fn median(rounds: &[[f64; 3]], column: usize) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(|round| round[column]).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
