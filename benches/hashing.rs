//! Hash tables of eaves-health beside a peer: CPU time of the thread, per lookup.
//!
//! `health/hashing/TABLE/MEMBERS/DOWN`: one lookup of a fresh key with that share of members down;
//! `health/hashing-build/TABLE/MEMBERS`: one build. The peer has no health: its is the plain lookup.
//!
//! Only the CPU time of the measuring thread counts, since other programs on the machine would
//! otherwise be in the figures.

mod thread_cpu;

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use eaves_health::hashing::{Bounded, Candidates, Ketama, Maglev, Member, Rendezvous};
use thread_cpu::ThreadCpu;

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

fn lookups(c: &mut Criterion<ThreadCpu>) {
    for n in SIZES {
        let members = members(n);
        let maglev = Maglev::new(&members).expect("distinct ids");
        let ketama = Ketama::new(&members).expect("distinct ids");
        let rendezvous = Rendezvous::new(&members).expect("distinct ids");
        let bounded = Bounded::new(&members, 1.25).expect("distinct ids");
        for down in [0, 10, 50] {
            let live = live(n, down);
            let who = Candidates::new(&live);
            lookup(c, "maglev", n, down, |key| maglev.pick(key, &who));
            lookup(c, "ketama", n, down, |key| ketama.pick(key, &who));
            let loads = vec![7_u32; n];
            let bound = bounded.bound(8 * n as u64, bounded.weight(&who));
            let load = |member: u32| loads[member as usize];
            lookup(c, "bounded", n, down, |key| {
                bounded.pick(key, &who, bound, load)
            });
            lookup(c, "rendezvous", n, down, |key| rendezvous.pick(key, &who));
        }
        peer(c, n);
    }
}

fn peer(c: &mut Criterion<ThreadCpu>, n: usize) {
    let mut ring = hashring::HashRing::new();
    for member in members(n) {
        ring.add(member.id);
    }
    lookup(c, "peer-hashring", n, 0, |key| ring.get(&key).copied());
}

fn lookup<T>(
    c: &mut Criterion<ThreadCpu>,
    table: &str,
    n: usize,
    down: usize,
    mut pick: impl FnMut(u64) -> T,
) {
    let mut group = c.benchmark_group("health/hashing");
    group
        .throughput(Throughput::Elements(1))
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400));
    let id = BenchmarkId::new(table, format!("{n}/{down}%-down"));
    let mut key = 0_u64;
    group.bench_function(id, |b| {
        b.iter(|| {
            key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
            black_box(pick(key))
        });
    });
    group.finish();
}

fn builds(c: &mut Criterion<ThreadCpu>) {
    for n in [100, 1_000, 10_000] {
        let members = members(n);
        build(c, "maglev", n, || {
            Maglev::new(&members).expect("distinct ids")
        });
        build(c, "ketama", n, || {
            Ketama::new(&members).expect("distinct ids")
        });
        build(c, "rendezvous", n, || {
            Rendezvous::new(&members).expect("distinct ids")
        });
    }
}

fn build<T>(c: &mut Criterion<ThreadCpu>, table: &str, n: usize, make: impl Fn() -> T) {
    let mut group = c.benchmark_group("health/hashing-build");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500));
    group.bench_function(BenchmarkId::new(table, n), |b| {
        b.iter_batched(|| (), |()| make(), BatchSize::PerIteration);
    });
    group.finish();
}

fn members(n: usize) -> Vec<Member> {
    let id = |index: u64| index.wrapping_mul(0xd134_2543_de82_ef95).rotate_left(23);
    (0..n as u64)
        .map(|index| Member::new(id(index), 1))
        .collect()
}

/// A bitmap with that many of a hundred down, spread evenly.
fn live(n: usize, down: usize) -> Vec<u64> {
    let mut words = vec![0_u64; n.div_ceil(64)];
    for member in (0..n).filter(|member| (member * 37) % 100 >= down) {
        words[member / 64] |= 1 << (member % 64);
    }
    words
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadCpu);
    targets = lookups, builds
}
criterion_main!(benches);
