//! Reading a live value beside a bare arc-swap, with and without a trial.

use std::{hint::black_box, sync::Arc};

use arc_swap::ArcSwap;
use criterion::{Criterion, criterion_group, criterion_main};
use eaves_common::{live::Live, units::Ratio};

fn load(c: &mut Criterion) {
    let mut group = c.benchmark_group("live/load");
    let bare = ArcSwap::new(Arc::new(7_u64));
    group.bench_function("arc-swap", |b| b.iter(|| **black_box(&bare).load()));

    let live = Live::new(7_u64);
    group.bench_function("live", |b| b.iter(|| *black_box(&live).load()));
    group.bench_function("live-for-key", |b| {
        b.iter(|| *black_box(&live).load_for(black_box(42)));
    });

    let version = live.propose(8).expect("there is no check");
    let half = Ratio::from_percent(50);
    live.trial(version, half).expect("it was staged just now");
    group.bench_function("live-for-key-on-trial", |b| {
        b.iter(|| *black_box(&live).load_for(black_box(42)));
    });
    group.finish();
}

criterion_group!(benches, load);
criterion_main!(benches);
