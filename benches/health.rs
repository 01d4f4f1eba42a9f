//! Picking origins beside a peer, and what the monitor does per result, flip, edit and probe.
//!
//! - `health/select/ALGORITHM/MEMBERS/DOWN`: one pick, its guard taken and dropped; `health/picker/...`
//!   the same by a picker. The peer has neither health nor guards.
//! - `health/two-threads/ALGORITHM`: the same while another thread picks by a selector of its own.
//! - `health/monitor/WHAT/10000`: one result, flip or edit of a pool of ten thousand.
//! - `health/probing/10000-in-10s`: ten virtual seconds of schedule and monitor: 1 ms is 0.01 % of a core.
//!
//! CPU time of the measuring thread. Last comes a table with the bar beside each figure; the filter
//! `health/bars` asks for it alone.

#[path = "health/bars.rs"]
mod bars;
#[path = "health/steps.rs"]
mod steps;
mod thread_cpu;

use std::{
    hint::black_box,
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use eaves_common::time::Now;
use eaves_health::{
    Algorithm, Failure, Monitor, Outcome, PoolConfig, Selector,
    monitor::Policy,
    pool::OriginConfig,
    probe::{Reason, Verdict},
};
use hashring::HashRing;
use steps::{COUNT, Steps};
use thread_cpu::ThreadCpu;

const GOOD: Verdict = Verdict::Pass {
    latency: Duration::from_millis(1),
};

const ALGORITHMS: [(&str, Algorithm); 5] = [
    ("round-robin", Algorithm::RoundRobin),
    ("p2c", Algorithm::PowerOfTwo),
    ("maglev", Algorithm::Maglev),
    ("ketama", Algorithm::Ketama),
    ("bounded-load", Algorithm::BoundedLoad),
];

fn origins(count: usize) -> Vec<OriginConfig> {
    let addr = |at: usize| SocketAddr::from(([10, 0, (at >> 8) as u8, at as u8], 80));
    (0..count)
        .map(|at| OriginConfig::new(format!("origin-{at}"), addr(at)))
        .collect()
}

/// A monitor of which so many of a hundred are down, without a pattern.
fn monitor(count: usize, down: u64) -> (Monitor, Now) {
    let mut policy = Policy::default();
    policy.panic_share = 0.0;
    policy.probes.at_once = count;
    let config = PoolConfig::new("bench")
        .origins(origins(count))
        .policy(policy);
    let mut now = Now::default();
    let mut monitor = Monitor::new(config, 1, now).expect("a valid pool");
    while let Some(probe) = monitor.poll_probe() {
        let lot = probe.origin.number().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let verdict = if lot % 100 < down { bad() } else { GOOD };
        monitor.handle_probe(probe.id, &verdict, now);
    }
    now.mono += Duration::from_millis(100);
    monitor.handle_timeout(now);
    (monitor, now)
}

fn bad() -> Verdict {
    Verdict::Fail(Reason::Status { status: 503 })
}

fn select(c: &mut Criterion<ThreadCpu>) {
    for count in [10, 100, 1000, 10_000] {
        for down in [0, 10, 50] {
            let (monitor, _) = monitor(count, down);
            for (name, algorithm) in ALGORITHMS {
                let selector = monitor.selector(algorithm);
                let id = BenchmarkId::new(format!("{name}/{count}"), format!("{down}-down"));
                let mut key = 0_u64;
                c.benchmark_group("health/select")
                    .bench_function(id.clone(), |b| {
                        b.iter(|| {
                            key += 1;
                            drop(black_box(selector.pick_for(black_box(key), &[])));
                        });
                    });
                let mut picker = selector.picker();
                c.benchmark_group("health/picker").bench_function(id, |b| {
                    b.iter(|| {
                        key += 1;
                        drop(black_box(picker.pick_for(black_box(key), &[])));
                    });
                });
            }
        }
        let mut ring = HashRing::new();
        ring.batch_add((0..count).collect());
        let mut key = 0_u64;
        let name = format!("health/select/hashring-crate/{count}/0-down");
        c.bench_function(&name, |b| {
            b.iter(|| {
                key += 1;
                black_box(ring.get(&black_box(key)));
            });
        });
    }
}

/// The same pick alone, and while another thread picks as fast as it can.
fn two_threads(c: &mut Criterion<ThreadCpu>) {
    for (name, algorithm) in &ALGORITHMS[..3] {
        let (monitor, _) = monitor(1000, 0);
        let (own, other) = (monitor.selector(*algorithm), monitor.selector(*algorithm));
        let mut group = c.benchmark_group(format!("health/two-threads/{name}"));
        group.bench_function("alone", |b| b.iter(|| pick(&own, 1)));
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    pick(&other, 1);
                }
            });
            group.bench_function("beside-another", |b| b.iter(|| pick(&own, 1)));
            stop.store(true, Relaxed);
        });
    }
}

fn pick(selector: &Selector, key: u64) {
    let guard = selector
        .pick_for(black_box(key), &[])
        .expect("somebody serves");
    guard.finish(Outcome::Success {
        latency: Duration::from_millis(5),
    });
}

fn heart(c: &mut Criterion<ThreadCpu>) {
    let mut group = c.benchmark_group("health/monitor");
    let (mut watched, now) = monitor(10_000, 0);
    let selector = watched.selector(Algorithm::Random);
    group.bench_function("error-report/10000", |b| {
        b.iter(|| {
            let guard = selector.pick(&[]).expect("somebody serves");
            guard.finish(Outcome::Error(Failure::Server));
            watched.handle_traffic(now);
        });
    });
    group.finish();
    let mut steps = Steps::new(Algorithm::Random);
    let name = |what| format!("health/monitor/{what}/{COUNT}");
    c.bench_function(&name("thousand-probe-results"), |b| {
        b.iter_custom(|rounds| (0..rounds).map(|_| steps.thousand_results()).sum());
    });
    c.bench_function(&name("flip"), |b| {
        b.iter_custom(|rounds| (0..rounds).map(|_| steps.flip()).sum());
    });
    for (what, algorithm) in [
        ("edit-plain", Algorithm::Random),
        ("edit-maglev", Algorithm::Maglev),
        ("edit-ketama", Algorithm::Ketama),
    ] {
        let mut steps = Steps::new(algorithm);
        c.bench_function(&name(what), |b| {
            b.iter_custom(|rounds| (0..rounds).map(|_| steps.edit()).sum());
        });
    }
}

fn probing(c: &mut Criterion<ThreadCpu>) {
    let mut group = c.benchmark_group("health/probing");
    group.sample_size(10);
    group.bench_function("10000-in-10s", |b| {
        b.iter_batched(
            || monitor(10_000, 0),
            |(mut monitor, mut now)| {
                let end = now.mono + Duration::from_secs(10);
                while now.mono < end {
                    now.mono = monitor.poll_timeout();
                    monitor.handle_timeout(now);
                    while let Some(probe) = monitor.poll_probe() {
                        monitor.handle_probe(probe.id, &GOOD, now);
                    }
                }
                monitor
            },
            BatchSize::PerIteration,
        );
    });
}

/// The table of bars.
fn bars(_: &mut Criterion<ThreadCpu>) {
    let is_bench = std::env::args().any(|arg| arg == "--bench");
    let filter = std::env::args().nth(1).filter(|arg| !arg.starts_with('-'));
    if is_bench && filter.is_none_or(|filter| "health/bars".contains(&*filter)) {
        bars::print();
        bars::print_steps();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .with_measurement(ThreadCpu)
        .sample_size(20)
        .warm_up_time(Duration::from_millis(50))
        .measurement_time(Duration::from_millis(200));
    targets = select, two_threads, heart, probing, bars
}
criterion_main!(benches);
