//! What a check costs whose limit nodes share, beside one of this node's own: the same rule, the same
//! keys, the same hash, `now` passed. The store is not there, so that no network is in the figures; keys
//! are queued for it as ever.

#[allow(dead_code, reason = "shared with other benches")]
mod thread_cpu;

use std::{
    hint::black_box,
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use criterion::{Criterion, criterion_group, criterion_main};
use eaves_common::time::Mono;
use eaves_ratelimit::{
    Limiter, Rule,
    key::{Facts, KeyHasher, Part},
    redis::{Distributed, Engine, Settings, Store},
    table::Capacity,
};
use thread_cpu::ThreadCpu;

const KEYS: u32 = 1_000;

fn rule(rate: &str) -> Rule {
    let capacity = Capacity::new(1 << 16).expect("in range");
    let rule = Rule::new("per-client", rate.parse().expect("a rate"), capacity);
    rule.expect("a name").key([Part::CLIENT_IP])
}

fn limiter(rule: Rule) -> Limiter {
    Limiter::new([rule], KeyHasher::shared(0x5eed)).expect("one rule")
}

fn checks(c: &mut Criterion<ThreadCpu>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let engine = runtime.block_on(async {
        let store = Store::single("redis://127.0.0.1:1").expect("an address");
        Engine::start(Settings::new(10), store).expect("good settings")
    });
    let keys: Vec<IpAddr> = (0..KEYS)
        .map(|n| Ipv4Addr::from_bits(n.wrapping_mul(0x9e37_79b1)).into())
        .collect();
    for (load, rate) in [("allowed", "1000000/1s"), ("denied", "1/1h burst 10")] {
        let mut group = c.benchmark_group(format!("ratelimit/shared/{load}"));
        let own = limiter(rule(rate));
        let delta = limiter(rule(rate).distributed(Distributed::Delta));
        engine.attach(&delta).expect("room for all nodes");
        for (name, limiter) in [("own", &own), ("delta", &delta)] {
            // A microsecond a check, so that what is allowed stays so.
            let (mut now, mut next) = (Mono::from_secs(1), keys.iter().cycle());
            group.bench_function(name, |b| {
                b.iter(|| {
                    now += Duration::from_micros(1);
                    let facts = Facts::of(*next.next().expect("a cycle"));
                    black_box(limiter.check(&facts, now).is_allowed())
                });
            });
        }
        group.finish();
    }
    runtime.block_on(engine.stop());
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .with_measurement(ThreadCpu)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1));
    targets = checks
}
criterion_main!(benches);
