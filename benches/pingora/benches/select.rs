//! Picking an origin beside pingora's load balancer, the one peer that skips origins that are down.
//!
//! `health/pingora/ALGORITHM/MEMBERS/DOWN`: one pick of ours with its guard taken and dropped, and one of
//! theirs, which gives a copy of the backend and counts nothing. The same members are down for both, without a
//! pattern. The bar is a fifth of their time.

#[path = "../../ratio.rs"]
mod ratio;

use std::{net::SocketAddr, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use eaves_common::time::Now;
use eaves_health::{
    Algorithm, Monitor, PoolConfig,
    monitor::Policy,
    pool::OriginConfig,
    probe::{Reason, Verdict},
};
use pingora_load_balancing::{
    LoadBalancer,
    selection::{BackendIter, BackendSelection, Consistent, RoundRobin},
};
use ratio::{Contender, Table};

/// As pingora's guide has it.
const ITERATIONS: usize = 256;
/// Five times as fast.
const BAR: f64 = 0.2;

fn addr(at: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, (at >> 8) as u8, at as u8], 80))
}

fn is_down(at: usize, down: u64) -> bool {
    let lot = (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    lot % 100 < down
}

/// A monitor of which so many of a hundred are down.
fn ours(count: usize, down: u64) -> Monitor {
    let mut policy = Policy::default();
    policy.panic_share = 0.0;
    policy.probes.at_once = count;
    let origin = |at: usize| OriginConfig::new(format!("origin-{at}"), addr(at));
    let config = PoolConfig::new("bench")
        .origins((0..count).map(origin))
        .policy(policy);
    let mut now = Now::default();
    let mut monitor = Monitor::new(config, 1, now).expect("a valid pool");
    while let Some(probe) = monitor.poll_probe() {
        let verdict = match is_down(probe.origin.number() as usize, down) {
            true => Verdict::Fail(Reason::Status { status: 503 }),
            false => Verdict::Pass {
                latency: Duration::from_millis(1),
            },
        };
        monitor.handle_probe(probe.id, &verdict, now);
    }
    now.mono += Duration::from_millis(100);
    monitor.handle_timeout(now);
    monitor
}

fn theirs<S>(count: usize, down: u64) -> LoadBalancer<S>
where
    S: BackendSelection + 'static,
    S::Iter: BackendIter,
{
    let balancer = LoadBalancer::try_from_iter((0..count).map(addr)).expect("these are addresses");
    let backends = balancer.backends();
    for at in (0..count).filter(|&at| is_down(at, down)) {
        let addr = addr(at).to_string();
        let known = backends.get_backend();
        let backend = known
            .iter()
            .find(|backend| backend.addr.to_string() == addr);
        backends.set_enable(backend.expect("it is a member"), false);
    }
    balancer
}

fn select(c: &mut Criterion) {
    let mut table = Table::default();
    for count in [10, 100, 1000, 10_000] {
        for down in [0, 10, 50] {
            let monitor = ours(count, down);
            let turns = theirs::<RoundRobin>(count, down);
            let ring = theirs::<Consistent>(count, down);
            for (name, algorithm) in [
                ("round-robin", Algorithm::RoundRobin),
                ("p2c", Algorithm::PowerOfTwo),
                ("maglev", Algorithm::Maglev),
                ("ketama", Algorithm::Ketama),
            ] {
                let selector = monitor.selector(algorithm);
                let mut picker = selector.picker();
                let (mut key, mut turn) = (0_u64, 0_u64);
                let own = Contender::new("eaves", move || {
                    key += 1;
                    picker.pick_for(key, &[]).map(|guard| guard.id())
                });
                let peer = match algorithm.uses_keys() {
                    true => Contender::new("Consistent", || {
                        turn += 1;
                        ring.select(&turn.to_le_bytes(), ITERATIONS)
                    }),
                    false => Contender::new("RoundRobin", || turns.select(b"", ITERATIONS)),
                };
                let name = format!("{name}/{count}/{down}-down");
                table.compare(c, &name, BAR, vec![own, peer]);
            }
        }
    }
    table.print();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(20))
        .measurement_time(Duration::from_millis(60));
    targets = select
}
criterion_main!(benches);
