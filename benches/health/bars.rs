//! The bars as a table: what a pick, a result, a flip and an edit cost, and what they may.
//!
//! Rounds of all that is compared alternate, in processor time of the thread, and the best round counts. A
//! machine that does other work as well shares its cores' units and caches: the first line says what two
//! counted additions take, of which every guard needs one pair, and which take some 12 ns undisturbed.

use std::{
    hint::black_box,
    sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use criterion::measurement::Measurement;
use eaves_health::{Algorithm, Monitor, Selector};

use super::{monitor, pick, steps::Steps, thread_cpu::ThreadCpu};

const ROUNDS: usize = 25;
const PICKS: u64 = 20_000;

const ALGORITHMS: [(&str, Algorithm); 3] = [
    ("round-robin", Algorithm::RoundRobin),
    ("p2c", Algorithm::PowerOfTwo),
    ("maglev", Algorithm::Maglev),
];

/// Measures and prints all of it.
#[allow(clippy::print_stdout, reason = "that is what a bench is for")]
pub(crate) fn print() {
    println!("\ntwo counted additions: {:.1} ns\n", additions());
    println!(
        "{:<24}{:>10}{:>10}{:>8}{:>13}",
        "ns a pick with guard", "Selector", "Picker", "bar", "allocations"
    );
    for count in [10, 100, 1000, 10_000] {
        for down in [0, 10, 50] {
            let (monitor, _) = monitor(count, down);
            for (name, algorithm) in ALGORITHMS {
                let row = row(
                    &monitor.selector(algorithm),
                    if down < 50 { 30.0 } else { 60.0 },
                );
                println!("{:<24}{row}", format!("{name}/{count}/{down}-down"));
            }
        }
    }
    println!(
        "\n{:<24}{:>10}{:>10}{:>8}{:>8}",
        "ns a pick and result", "alone", "beside", "ratio", "bar"
    );
    for count in [10, 1000, 10_000] {
        let (monitor, _) = monitor(count, 0);
        for (name, algorithm) in ALGORITHMS {
            println!(
                "{:<24}{}",
                format!("{name}/{count}"),
                beside(&monitor, algorithm)
            );
        }
    }
}

fn row(selector: &Selector, bar: f64) -> String {
    let mut picker = selector.picker();
    let (mut best_selector, mut best_picker) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let time = nanoseconds(PICKS, |key| drop(black_box(selector.pick_for(key, &[]))));
        best_selector = best_selector.min(time);
        let time = nanoseconds(PICKS, |key| drop(black_box(picker.pick_for(key, &[]))));
        best_picker = best_picker.min(time);
    }
    let allocated = allocation_counter::measure(|| {
        for key in 0..1000 {
            drop(black_box(selector.pick_for(key, &[])));
        }
    });
    format!(
        "{best_selector:>10.1}{best_picker:>10.1}{bar:>8.0}{:>13}{}",
        allocated.count_total,
        verdict(best_selector.max(best_picker), bar)
    )
}

/// The same picks alone, and while another thread picks by a selector of its own as fast as it can.
fn beside(monitor: &Monitor, algorithm: Algorithm) -> String {
    let (own, other) = (monitor.selector(algorithm), monitor.selector(algorithm));
    let (mut best_alone, mut best_beside) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let time = nanoseconds(PICKS, |key| pick(&own, key));
        best_alone = best_alone.min(time);
        let stop = AtomicBool::new(false);
        let begun = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    pick(&other, 1);
                    begun.store(true, Relaxed);
                }
            });
            while !begun.load(Relaxed) {
                std::thread::yield_now();
            }
            let time = nanoseconds(PICKS, |key| pick(&own, key));
            best_beside = best_beside.min(time);
            stop.store(true, Relaxed);
        });
    }
    let ratio = best_beside / best_alone;
    format!(
        "{best_alone:>10.1}{best_beside:>10.1}{ratio:>8.2}{:>8.1}{}",
        1.3,
        verdict(ratio, 1.3)
    )
}

fn additions() -> f64 {
    let counter = AtomicU32::new(0);
    let round = |_| {
        nanoseconds(PICKS, |_| {
            counter.fetch_add(1, Relaxed);
            black_box(&counter).fetch_sub(1, Relaxed);
        })
    };
    (0..ROUNDS).map(round).fold(f64::MAX, f64::min)
}

/// Prints the medians of what the monitor of ten thousand does.
#[allow(clippy::print_stdout, reason = "that is what a bench is for")]
pub(crate) fn print_steps() {
    println!("\n{:<24}{:>14}{:>14}", "10 000 origins", "median", "bar");
    let (us, ms) = (Duration::from_micros, Duration::from_millis);
    let step = |name: &str, bar: Duration, mut step: Box<dyn FnMut() -> u64>| {
        let mut took: Vec<u64> = (0..ROUNDS).map(|_| step()).collect();
        took.sort_unstable();
        let took = Duration::from_nanos(took[ROUNDS / 2]);
        let row = format!("{name:<24}{took:>14.2?}{bar:>14.2?}");
        println!("{row}{}", verdict(took.as_secs_f64(), bar.as_secs_f64()));
    };
    let mut steps = Steps::new(Algorithm::Random);
    step(
        "result of a probe",
        us(1),
        Box::new(move || steps.thousand_results() / 1000),
    );
    let mut steps = Steps::new(Algorithm::Random);
    step("health flip", us(100), Box::new(move || steps.flip()));
    for (name, algorithm) in [
        ("edit", Algorithm::Random),
        ("edit, maglev", Algorithm::Maglev),
        ("edit, ketama", Algorithm::Ketama),
    ] {
        let mut steps = Steps::new(algorithm);
        step(name, ms(5), Box::new(move || steps.edit()));
    }
}

fn verdict(value: f64, bar: f64) -> &'static str {
    if value <= bar { "" } else { "  MISSED" }
}

/// Processor time of one call.
fn nanoseconds(calls: u64, mut call: impl FnMut(u64)) -> f64 {
    let start = ThreadCpu.start();
    for key in 0..calls {
        call(black_box(key));
    }
    ThreadCpu.end(start) as f64 / calls as f64
}
