//! Picking origins beside a peer, and what the monitor does per result, flap and edit.
//!
//! Names: `health/select/<algorithm>/<members>/<share down>`.

use std::{hint::black_box, net::SocketAddr, time::Duration};

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use eaves_common::time::Now;
use eaves_health::{
    Algorithm, Failure, Monitor, Outcome, PoolConfig, Selector,
    monitor::Policy,
    pool::OriginConfig,
    probe::{Reason, Verdict},
};
use hashring::HashRing;

fn origins(count: usize) -> Vec<OriginConfig> {
    let addr = |at: usize| SocketAddr::from(([10, 0, (at >> 8) as u8, at as u8], 80));
    (0..count)
        .map(|at| OriginConfig::new(format!("origin-{at}"), addr(at)))
        .collect()
}

/// A monitor whose every `nth` member is down (0: none).
fn monitor(count: usize, nth: usize) -> (Monitor, Now) {
    let mut policy = Policy::default();
    policy.panic_share = 0.0;
    policy.max_probes = count;
    let config = PoolConfig::new("bench")
        .origins(origins(count))
        .policy(policy);
    let mut now = Now::default();
    let mut monitor = Monitor::new(config, 1, now).expect("a valid pool");
    while let Some(probe) = monitor.poll_probe() {
        let is_down = nth > 0 && probe.origin.number().is_multiple_of(nth as u64);
        let verdict = if is_down {
            Verdict::Fail(Reason::Status { status: 503 })
        } else {
            Verdict::Pass {
                latency: Duration::from_millis(1),
            }
        };
        monitor.handle_probe(probe.id, &verdict, now);
    }
    now.mono += Duration::from_millis(100);
    monitor.handle_timeout(now);
    (monitor, now)
}

fn pick(selector: &Selector, key: u64) {
    let guard = selector
        .pick_for(black_box(key), &[])
        .expect("somebody serves");
    guard.finish(Outcome::Success {
        latency: Duration::from_millis(5),
    });
}

fn select(c: &mut Criterion) {
    for count in [10, 100, 1000, 10_000] {
        for (share, nth) in [("0-down", 0), ("10-down", 10), ("50-down", 2)] {
            let (monitor, _) = monitor(count, nth);
            for (name, algorithm) in [
                ("round-robin", Algorithm::RoundRobin),
                ("p2c", Algorithm::PowerOfTwo),
                ("maglev", Algorithm::Maglev),
                ("ketama", Algorithm::Ketama),
                ("bounded-load", Algorithm::BoundedLoad),
            ] {
                let selector = monitor.selector(algorithm);
                let mut group = c.benchmark_group(format!("health/select/{name}/{count}"));
                let mut key = 0_u64;
                group.bench_function(BenchmarkId::from_parameter(share), |b| {
                    b.iter(|| {
                        key += 1;
                        drop(black_box(selector.pick_for(black_box(key), &[])));
                    });
                });
                group.finish();
            }
        }
        let mut ring = HashRing::new();
        ring.batch_add((0..count).collect());
        let mut key = 0_u64;
        c.bench_function(
            &format!("health/select/hashring-crate/{count}/0-down"),
            |b| {
                b.iter(|| {
                    key += 1;
                    black_box(ring.get(&black_box(key)));
                });
            },
        );
    }
}

fn guard(c: &mut Criterion) {
    let (monitor, _) = monitor(1000, 0);
    let selector = monitor.selector(Algorithm::PowerOfTwo);
    c.bench_function("health/guard/p2c-finished/1000", |b| {
        b.iter(|| pick(&selector, 1))
    });
}

fn heart(c: &mut Criterion) {
    let (mut watched, now) = monitor(10_000, 0);
    let selector = watched.selector(Algorithm::Random);
    c.bench_function("health/monitor/error-report/10000", |b| {
        b.iter(|| {
            let guard = selector.pick(&[]).expect("somebody serves");
            guard.finish(Outcome::Error(Failure::Server));
            pick(&selector, 1);
            watched.handle_traffic(now);
        });
    });
    let _maglev = watched.selector(Algorithm::Maglev);
    c.bench_function("health/monitor/edit-with-maglev/10000", |b| {
        let mut round = 0;
        b.iter_batched(
            || {
                round += 1;
                let mut origins = origins(10_000);
                origins[0].weight = 1 + round % 2;
                origins
            },
            |origins| watched.set_origins(origins, now).expect("a valid edit"),
            BatchSize::PerIteration,
        );
    });
}

criterion_group!(benches, select, guard, heart);
criterion_main!(benches);
