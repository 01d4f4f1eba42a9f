//! Keyed checks beside `governor`'s default keyed limiter, on the same keys and the same clock.
//!
//! Times are CPU times of the threads that check, so that they mean the same on a busy machine. Clocks
//! are measured apart (`ratelimit/clock`), since a check costs little more than reading one: `ticked` is
//! read by a thread of its own each millisecond, whose time is not in the figures.
//!
//! After criterion's figures stand the bars: `-- bars` measures these alone, `-- flood` the flood.

#[path = "ratelimit/bars.rs"]
mod bars;
#[path = "ratelimit/flood.rs"]
mod flood;

use std::{
    hint::black_box,
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU32,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use eaves_common::{
    time::{Clock, CoarseClock, CounterClock, Mono, SystemClock, TickedClock},
    units::Rate,
};
use eaves_ratelimit::{
    Limiter, Rule,
    governor::BoundedStore,
    key::{Facts, KeyHash, KeyHasher, Part},
    meter::Gcra,
    table::{Capacity, Pages, Width},
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::DefaultClock};

/// Checks in a second that no benchmark reaches with one key of a thousand.
const PER_SECOND: u32 = 100_000;
const CELLS: usize = 1 << 20;

/// A limiter under test: one check of one key.
trait Check: Sync {
    fn check(&self, key: IpAddr) -> bool;
}

impl Check for DefaultKeyedRateLimiter<IpAddr> {
    fn check(&self, key: IpAddr) -> bool {
        self.check_key(&key).is_ok()
    }
}

struct Bounded(RateLimiter<IpAddr, BoundedStore<IpAddr>, DefaultClock>);

impl Check for Bounded {
    fn check(&self, key: IpAddr) -> bool {
        self.0.check_key(&key).is_ok()
    }
}

impl Check for Limiter {
    fn check(&self, key: IpAddr) -> bool {
        Self::check(self, &Facts::of(key), passed()).is_allowed()
    }
}

/// Ours, which is told the time or given a clock.
struct Ours<T> {
    gcra: Gcra,
    hasher: KeyHasher,
    time: T,
}

/// Where the time of a check comes from.
trait Time: Sync {
    fn check(&self, gcra: &Gcra, key: KeyHash) -> bool;
}

/// A clock that the check reads.
struct ByClock<C>(C);

impl<C: Clock> Time for ByClock<C> {
    fn check(&self, gcra: &Gcra, key: KeyHash) -> bool {
        gcra.check_by(key, 1, &self.0).is_allowed()
    }
}

impl<N: Fn() -> Mono + Sync> Time for N {
    fn check(&self, gcra: &Gcra, key: KeyHash) -> bool {
        gcra.check(key, 1, self()).is_allowed()
    }
}

impl<T: Time> Check for Ours<T> {
    fn check(&self, key: IpAddr) -> bool {
        self.time.check(&self.gcra, self.hasher.hash(&key))
    }
}

fn quota() -> Quota {
    Quota::per_second(NonZeroU32::new(PER_SECOND).expect("not zero"))
}

fn governor() -> DefaultKeyedRateLimiter<IpAddr> {
    RateLimiter::keyed(quota())
}

fn bounded() -> Bounded {
    let store = BoundedStore::new(capacity(CELLS), KeyHasher::random());
    Bounded(RateLimiter::new(quota(), store, DefaultClock::default()))
}

fn ours<T>(width: Width, time: T) -> Ours<T> {
    Ours {
        gcra: gcra(width),
        hasher: KeyHasher::random(),
        time,
    }
}

/// The same in pages of this kind; narrow cells.
fn ours_in<T>(pages: Pages, time: T) -> Ours<T> {
    Ours {
        gcra: gcra_in(pages),
        hasher: KeyHasher::random(),
        time,
    }
}

/// A table in ordinary pages.
fn gcra(width: Width) -> Gcra {
    match width {
        Width::Narrow => gcra_in(Pages::Ordinary),
        Width::Wide => Gcra::with_width(rate(), capacity(CELLS), width).expect("a rate that fits"),
    }
}

fn gcra_in(pages: Pages) -> Gcra {
    Gcra::with_pages(rate(), capacity(CELLS), pages).expect("a rate that fits")
}

fn rate() -> Rate {
    Rate::per(PER_SECOND.into(), Duration::from_secs(1)).expect("a rate")
}

fn capacity(cells: usize) -> Capacity {
    Capacity::new(cells).expect("in range")
}

/// What governor's default clock reads, too.
fn by_clock() -> ByClock<CounterClock> {
    ByClock(CounterClock::new())
}

/// What the kernel sets at each of its ticks.
fn by_kernel() -> ByClock<CoarseClock> {
    ByClock(CoarseClock::new())
}

/// A clock that a thread ticks each millisecond, until this is dropped.
struct Ticker(Arc<AtomicBool>, TickedClock<SystemClock>);

impl Ticker {
    fn start() -> Self {
        let ticker = Self(Arc::default(), TickedClock::new(SystemClock));
        let (stop, clock) = (Arc::clone(&ticker.0), ticker.1.clone());
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
                clock.tick();
            }
        });
        ticker
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn passed() -> Mono {
    black_box(Mono::from_secs(7))
}

/// CPU time of this thread.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Checks `iters` keys on each of so many threads; the mean of their CPU times.
fn time(threads: usize, iters: u64, keys: &[IpAddr], limiter: &(impl Check + ?Sized)) -> Duration {
    let barrier = Barrier::new(threads);
    let work = |thread: usize| {
        let skip = thread * keys.len() / threads;
        barrier.wait();
        let start = cpu();
        for key in keys.iter().cycle().skip(skip).take(iters as usize) {
            black_box(limiter.check(*key));
        }
        cpu() - start
    };
    let total: Duration = std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..threads).map(|n| scope.spawn(move || work(n))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .sum()
    });
    total / threads as u32
}

/// What it costs to know the time.
fn clocks(c: &mut Criterion) {
    let mut group = c.benchmark_group("ratelimit/clock");
    macro_rules! bench {
        ($name:literal, $read:expr) => {
            let read = $read;
            group.bench_function($name, |b| {
                b.iter_custom(|iters| {
                    let start = cpu();
                    for _ in 0..iters {
                        black_box(read());
                    }
                    cpu() - start
                });
            });
        };
    }
    let ticker = Ticker::start();
    let counter = CounterClock::new();
    bench!("counter", || counter.mono());
    let coarse = CoarseClock::new();
    bench!("coarse", || coarse.mono());
    bench!("system", || SystemClock.mono());
    bench!("ticked", || ticker.1.mono());
    group.finish();
}

fn checks(c: &mut Criterion) {
    let ticker = Ticker::start();
    for (name, keys) in [("1k-hot", hot()), ("1m-zipf", zipf())] {
        let mut group = c.benchmark_group(format!("ratelimit/check/{name}"));
        for threads in [1, 2] {
            macro_rules! bench {
                ($name:literal, $limiter:expr) => {
                    let limiter = $limiter;
                    group.bench_function(format!("{}/{threads}", $name), |b| {
                        b.iter_custom(|iters| time(threads, iters, &keys, &limiter));
                    });
                };
            }
            bench!("governor", governor());
            bench!("governor-bounded", bounded());
            bench!("eaves", ours(Width::Narrow, by_clock()));
            bench!("eaves-system", ours(Width::Narrow, ByClock(SystemClock)));
            bench!("eaves-coarse", ours(Width::Narrow, by_kernel()));
            bench!("eaves-ticked", ours(Width::Narrow, ByClock(&ticker.1)));
            bench!("eaves-now-passed", ours(Width::Narrow, passed));
            bench!("eaves-huge-pages", ours_in(Pages::Huge, by_clock()));
            bench!("eaves-huge-now-passed", ours_in(Pages::Huge, passed));
            bench!("eaves-wide-now-passed", ours(Width::Wide, passed));
        }
        group.finish();
    }
}

/// Keys that come sixty-four at a time.
fn batches(c: &mut Criterion) {
    let hasher = KeyHasher::random();
    let keys: Vec<_> = zipf().iter().map(|key| hasher.hash(key)).collect();
    let gcra = ours(Width::Narrow, passed).gcra;
    let mut group = c.benchmark_group("ratelimit/batch/1m-zipf");
    group.throughput(Throughput::Elements(64));
    group.bench_function("eaves-hashed-singly", |b| {
        b.iter_custom(|iters| {
            let start = cpu();
            for keys in keys.chunks(64).cycle().take(iters as usize) {
                for key in keys {
                    black_box(gcra.check(*key, 1, passed()).is_allowed());
                }
            }
            cpu() - start
        });
    });
    group.bench_function("eaves-hashed", |b| {
        b.iter_custom(|iters| {
            let start = cpu();
            for keys in keys.chunks(64).cycle().take(iters as usize) {
                gcra.check_batch(keys, 1, passed(), |_, reading| {
                    black_box(reading.is_allowed());
                });
            }
            cpu() - start
        });
    });
    group.finish();
}

/// What is compared with a bar and not left to criterion.
fn tables(_: &mut Criterion) {
    if is_asked_for("ratelimit/bars") {
        bars::print();
    }
    if is_asked_for("ratelimit/flood/10m-keys") {
        flood::print();
    }
}

/// Says whether tables are wanted: in benches, not in tests of them, and within the filter, which comes
/// first if there is one.
fn is_asked_for(name: &str) -> bool {
    let is_bench = std::env::args().any(|arg| arg == "--bench");
    let filter = std::env::args().nth(1).filter(|arg| !arg.starts_with('-'));
    is_bench && filter.is_none_or(|filter| name.contains(&*filter))
}

/// Requests that one of three rules denies.
fn denied(c: &mut Criterion) {
    let rule = |name: &str, rate: &str| {
        let rule = Rule::new(name, rate.parse().expect("a rate"), capacity(1 << 16));
        rule.expect("a name").key([Part::CLIENT_IP])
    };
    let rules = [
        rule("second", "1000/1s"),
        rule("minute", "1000/1m"),
        rule("hour", "1/1h"),
    ];
    let limiter = Limiter::new(rules, KeyHasher::random()).expect("three rules");
    let keys = hot();
    time(1, keys.len() as u64, &keys, &limiter);
    let mut group = c.benchmark_group("ratelimit/denied/3-rules");
    for threads in [1, 2] {
        group.bench_function(format!("eaves/{threads}"), |b| {
            b.iter_custom(|iters| time(threads, iters, &keys, &limiter));
        });
    }
    group.finish();
}

fn addr(n: u32) -> IpAddr {
    Ipv4Addr::from_bits(n.wrapping_mul(0x9e37_79b1)).into()
}

fn hot() -> Vec<IpAddr> {
    (0..1_000).map(addr).collect()
}

/// Four million draws of a million keys, the n-th with a share of 1/n.
fn zipf() -> Vec<IpAddr> {
    let mut sum = 0.0;
    let shares: Vec<f64> = (1..=1_000_000)
        .map(|rank| {
            sum += 1.0 / f64::from(rank);
            sum
        })
        .collect();
    let mut state = 0x853c_49e6_748f_ea9b_u64;
    (0..4_000_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let draw = (state >> 11) as f64 / (1_u64 << 53) as f64 * sum;
            addr(shares.partition_point(|share| *share < draw) as u32)
        })
        .collect()
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1)).sample_size(10);
    targets = clocks, checks, batches, denied, tables
}
criterion_main!(benches);
