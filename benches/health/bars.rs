//! The bars as a table: what a pick, a result, a flip and an edit cost, and what they may.
//!
//! All rows take turns, round after round, in processor time of the thread; of each row the best round counts,
//! and the median stands beside it. So a spell in which the machine is slower, since its cores' units and caches
//! serve others as well, falls on every row alike and on none alone. The first line says what two counted
//! additions take, of which every guard needs one pair, and which take some 12 ns undisturbed.

use std::{
    fmt,
    hint::black_box,
    sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use criterion::measurement::Measurement;
use eaves_health::{Algorithm, Selector};

use super::{monitor, pick, steps::Steps, thread_cpu::ThreadCpu};

/// Rounds of the table's rows, and of each step of the monitor.
const ROUNDS: usize = 101;
const STEPS: usize = 25;
const PICKS: u64 = 10_000;

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
        "{:<24}{:>18}{:>18}{:>8}{:>13}",
        "ns a pick with guard", "Selector (median)", "Picker (median)", "bar", "allocations"
    );
    let mut picks: Vec<_> = shares().map(Pick::new).collect();
    in_turns(&mut picks, Pick::round);
    picks.iter_mut().for_each(Pick::print);
    drop(picks);
    println!(
        "\n{:<24}{:>18}{:>18}{:>8}{:>8}",
        "ns a pick and result", "alone (median)", "beside (median)", "ratio", "bar"
    );
    let none_down = shares().filter(|row| row.down == 0 && row.count != 100);
    let mut pairs: Vec<_> = none_down.map(Pair::new).collect();
    in_turns(&mut pairs, Pair::round);
    pairs.iter_mut().for_each(Pair::print);
}

fn in_turns<T>(rows: &mut [T], round: impl Fn(&mut T)) {
    for _ in 0..ROUNDS {
        rows.iter_mut().for_each(&round);
    }
}

/// Which pick a row is about: of how many origins, of which so many in a hundred are down.
#[derive(Clone, Copy)]
struct Share {
    name: &'static str,
    algorithm: Algorithm,
    count: usize,
    down: u64,
}

fn shares() -> impl Iterator<Item = Share> {
    let counts = [10, 100, 1000, 10_000].into_iter();
    let worlds = counts.flat_map(|count| [0, 10, 50].map(|down| (count, down)));
    worlds.flat_map(|(count, down)| {
        ALGORITHMS.map(|(name, algorithm)| Share {
            name,
            algorithm,
            count,
            down,
        })
    })
}

/// The times of a row's rounds.
#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    fn best(&self) -> f64 {
        self.0.iter().copied().fold(f64::MAX, f64::min)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut times = self.0.clone();
        times.sort_unstable_by(f64::total_cmp);
        let text = format!("{:.1} ({:.1})", self.best(), times[times.len() / 2]);
        write!(f, "{text:>18}")
    }
}

struct Pick {
    of: Share,
    selector: Selector,
    by_selector: Times,
    by_picker: Times,
}

impl Pick {
    fn new(of: Share) -> Self {
        Self {
            of,
            selector: monitor(of.count, of.down).0.selector(of.algorithm),
            by_selector: Times::default(),
            by_picker: Times::default(),
        }
    }

    fn round(&mut self) {
        let selector = &self.selector;
        let mut picker = selector.picker();
        warm(selector);
        let time = nanoseconds(PICKS, |key| drop(black_box(selector.pick_for(key, &[]))));
        self.by_selector.0.push(time);
        let time = nanoseconds(PICKS, |key| drop(black_box(picker.pick_for(key, &[]))));
        self.by_picker.0.push(time);
    }

    #[allow(clippy::print_stdout, reason = "that is what a bench is for")]
    fn print(&mut self) {
        let allocated = allocation_counter::measure(|| {
            for key in 0..1000 {
                drop(black_box(self.selector.pick_for(key, &[])));
            }
        });
        let bar = if self.of.down < 50 { 30.0 } else { 60.0 };
        println!(
            "{:<24}{}{}{bar:>8.0}{:>13}{}",
            format!("{}/{}/{}-down", self.of.name, self.of.count, self.of.down),
            self.by_selector,
            self.by_picker,
            allocated.count_total,
            verdict(self.by_selector.best().max(self.by_picker.best()), bar)
        );
    }
}

/// The same picks alone, and while another thread picks by a selector of its own as fast as it can.
struct Pair {
    of: Share,
    own: Selector,
    other: Selector,
    alone: Times,
    beside: Times,
}

impl Pair {
    fn new(of: Share) -> Self {
        let (monitor, _) = monitor(of.count, of.down);
        Self {
            of,
            own: monitor.selector(of.algorithm),
            other: monitor.selector(of.algorithm),
            alone: Times::default(),
            beside: Times::default(),
        }
    }

    fn round(&mut self) {
        let (own, other) = (&self.own, &self.other);
        warm(own);
        self.alone.0.push(nanoseconds(PICKS, |key| pick(own, key)));
        let (begun, stop) = (AtomicBool::new(false), AtomicBool::new(false));
        let time = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    pick(other, 1);
                    begun.store(true, Relaxed);
                }
            });
            while !begun.load(Relaxed) {
                std::thread::yield_now();
            }
            let time = nanoseconds(PICKS, |key| pick(own, key));
            stop.store(true, Relaxed);
            time
        });
        self.beside.0.push(time);
    }

    #[allow(clippy::print_stdout, reason = "that is what a bench is for")]
    fn print(&mut self) {
        let ratio = self.beside.best() / self.alone.best();
        println!(
            "{:<24}{}{}{ratio:>8.2}{:>8.1}{}",
            format!("{}/{}", self.of.name, self.of.count),
            self.alone,
            self.beside,
            1.3,
            verdict(ratio, 1.3)
        );
    }
}

/// Brings back into the caches what the other rows' rounds drove out.
fn warm(selector: &Selector) {
    for key in 0..2 * PICKS {
        drop(black_box(selector.pick_for(key, &[])));
    }
}

fn additions() -> f64 {
    let counter = AtomicU32::new(0);
    let round = |_| {
        nanoseconds(PICKS, |_| {
            counter.fetch_add(1, Relaxed);
            black_box(&counter).fetch_sub(1, Relaxed);
        })
    };
    (0..STEPS).map(round).fold(f64::MAX, f64::min)
}

/// Prints the medians of what the monitor of ten thousand does.
#[allow(clippy::print_stdout, reason = "that is what a bench is for")]
pub(crate) fn print_steps() {
    println!("\n{:<24}{:>14}{:>14}", "10 000 origins", "median", "bar");
    let (us, ms) = (Duration::from_micros, Duration::from_millis);
    let step = |name: &str, bar: Duration, mut step: Box<dyn FnMut() -> u64>| {
        let mut took: Vec<u64> = (0..STEPS).map(|_| step()).collect();
        took.sort_unstable();
        let took = Duration::from_nanos(took[STEPS / 2]);
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
