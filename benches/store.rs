//! The in-memory engine of `eaves-cache` beside the caches that services use: 100,000 entries of a
//! million 32-byte keys, asked for by a Zipf law, and the memory of a million entries.
//!
//! Times are CPU times of the threads that ask, so that they mean the same on a busy machine. The
//! latency of a get and the bytes per entry are printed before the benchmarks proper; `STORE_ONLY`
//! picks one store by name, for a profiler. `-- bars` measures the bars alone, beside quick_cache in turns.

#[path = "store/bars.rs"]
mod bars;

use std::{
    hint::black_box,
    num::NonZeroUsize,
    sync::{Barrier, Mutex},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use eaves_cache::{
    head::Head,
    key as cache,
    policy::{Policy, Storage, Times},
    purge::{Purge, Purges},
    store::{
        Memory, Store as _, Ticket,
        tinylfu::{Config, TinyLfu},
    },
};
use eaves_common::{
    time::{Now, Wall},
    units::ByteSize,
};
use foldhash::quality::FixedState;
use std::hash::BuildHasher as _;

type Key = [u8; 32];

const RESIDENT: usize = 100_000;
const KEYS: u32 = 1_000_000;
const MILLION: usize = 1_000_000;
const SHARDS: usize = 16;
/// What an entry weighs where weights count: the budget is a multiple of it.
const WEIGHT: u64 = 64;

/// A cache under test.
trait Cache: Sync {
    fn get(&self, key: &Key) -> Option<Bytes>;
    fn put(&self, key: Key, value: Bytes);
}

impl Cache for TinyLfu<Key, Bytes> {
    fn get(&self, key: &Key) -> Option<Bytes> {
        Self::get(self, key)
    }
    fn put(&self, key: Key, value: Bytes) {
        let _ = self.insert(key, value, WEIGHT);
    }
}

struct Lru(Vec<Mutex<lru::LruCache<Key, Bytes>>>);

impl Lru {
    fn shard(&self, key: &Key) -> &Mutex<lru::LruCache<Key, Bytes>> {
        &self.0[(FixedState::with_seed(7).hash_one(key) >> 52) as usize % SHARDS]
    }
}

impl Cache for Lru {
    fn get(&self, key: &Key) -> Option<Bytes> {
        self.shard(key)
            .lock()
            .expect("not poisoned")
            .get(key)
            .cloned()
    }
    fn put(&self, key: Key, value: Bytes) {
        self.shard(&key)
            .lock()
            .expect("not poisoned")
            .put(key, value);
    }
}

impl Cache for quick_cache::sync::Cache<Key, Bytes> {
    fn get(&self, key: &Key) -> Option<Bytes> {
        Self::get(self, key)
    }
    fn put(&self, key: Key, value: Bytes) {
        self.insert(key, value);
    }
}

impl Cache for moka::sync::Cache<Key, Bytes> {
    fn get(&self, key: &Key) -> Option<Bytes> {
        Self::get(self, key)
    }
    fn put(&self, key: Key, value: Bytes) {
        self.insert(key, value);
    }
}

impl Cache for tinyufo::TinyUfo<Key, Bytes> {
    fn get(&self, key: &Key) -> Option<Bytes> {
        Self::get(self, key)
    }
    fn put(&self, key: Key, value: Bytes) {
        black_box(Self::put(self, key, value, 1));
    }
}

impl Cache for foyer::Cache<Key, Bytes> {
    fn get(&self, key: &Key) -> Option<Bytes> {
        Self::get(self, key).map(|entry| entry.value().clone())
    }
    fn put(&self, key: Key, value: Bytes) {
        black_box(self.insert(key, value));
    }
}

const NAMES: [&str; 6] = [
    "eaves",
    "quick_cache",
    "lru",
    "foyer-s3fifo",
    "tinyufo",
    "moka",
];

/// A cache that holds so many entries.
fn make(name: &str, entries: usize) -> Box<dyn Cache> {
    match name {
        "eaves" => {
            let budget = ByteSize::from_bytes(entries as u64 * WEIGHT);
            Box::new(TinyLfu::new(
                Config::new(budget).shards(SHARDS).entry_cost(0).seed(1),
            ))
        }
        "foyer-s3fifo" => Box::new(
            foyer::CacheBuilder::new(entries)
                .with_shards(SHARDS)
                .with_eviction_config(foyer::S3FifoConfig::default())
                .build(),
        ),
        "lru" => {
            let each = NonZeroUsize::new(entries / SHARDS).expect("not zero");
            Box::new(Lru((0..SHARDS)
                .map(|_| Mutex::new(lru::LruCache::new(each)))
                .collect()))
        }
        "moka" => Box::new(moka::sync::Cache::new(entries as u64)),
        "quick_cache" => Box::new(quick_cache::sync::Cache::new(entries)),
        _ => Box::new(tinyufo::TinyUfo::new(entries, entries)),
    }
}

fn key(n: u32) -> Key {
    let mut key = [0; 32];
    key[..4].copy_from_slice(&n.to_le_bytes());
    key[28..].copy_from_slice(&n.wrapping_mul(0x9E37_79B9).to_be_bytes());
    key
}

/// Keys by a Zipf law of exponent 1.
fn zipf(count: usize) -> Vec<u32> {
    let mut state = 0x5EED_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count)
        .map(|_| (f64::from(KEYS).powf(next()) as u32).min(KEYS - 1))
        .collect()
}

#[derive(Clone, Copy)]
enum Mix {
    /// So many of a hundred are puts.
    Puts(usize),
    /// A miss is followed by a put.
    ReadThrough,
}

fn ask(cache: &dyn Cache, mix: Mix, keys: impl Iterator<Item = u32>) {
    let value = Bytes::from_static(&[7; 64]);
    for (at, n) in keys.enumerate() {
        let key = key(n);
        match mix {
            Mix::Puts(share) if at * 37 % 100 < share => cache.put(key, value.clone()),
            Mix::Puts(_) => drop(black_box(cache.get(&key))),
            Mix::ReadThrough => {
                if black_box(cache.get(&key)).is_none() {
                    cache.put(key, value.clone());
                }
            }
        }
    }
}

/// CPU time of this thread.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The mean CPU time of threads that ask `iters` times each.
fn time(cache: &dyn Cache, mix: Mix, threads: usize, iters: u64, keys: &[u32]) -> Duration {
    let barrier = Barrier::new(threads);
    let work = |thread: usize| {
        barrier.wait();
        let start = cpu();
        let skip = (iters as usize + thread * keys.len() / threads) % keys.len();
        ask(
            cache,
            mix,
            keys.iter().copied().cycle().skip(skip).take(iters as usize),
        );
        cpu() - start
    };
    std::thread::scope(|scope| {
        let works: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        let sum: Duration = works
            .into_iter()
            .map(|work| work.join().expect("it ends"))
            .sum();
        sum / threads as u32
    })
}

fn names() -> impl Iterator<Item = &'static str> {
    let only = std::env::var("STORE_ONLY").ok();
    NAMES
        .into_iter()
        .filter(move |name| only.as_ref().is_none_or(|only| only == name))
}

fn throughput(criterion: &mut Criterion) {
    let keys = zipf(2_000_000);
    bars::print(&keys);
    if is_asked_for("store/report") {
        report(&keys);
    }
    let mixes = [
        ("95-5", Mix::Puts(5)),
        ("75-25", Mix::Puts(25)),
        ("read-through", Mix::ReadThrough),
    ];
    for (mix_name, mix) in mixes {
        for threads in [1, 2] {
            let mut group =
                criterion.benchmark_group(format!("store/{mix_name}/{threads}-threads"));
            group
                .sampling_mode(SamplingMode::Flat)
                .sample_size(10)
                .throughput(Throughput::Elements(1));
            group
                .warm_up_time(Duration::from_millis(300))
                .measurement_time(Duration::from_secs(1));
            for name in names() {
                let cache = make(name, RESIDENT);
                ask(&*cache, Mix::ReadThrough, keys.iter().copied());
                group.bench_function(name, |bencher| {
                    bencher.iter_custom(|iters| time(&*cache, mix, threads, iters, &keys));
                });
            }
            group.finish();
        }
    }
}

/// Says whether what criterion has no form for is wanted: in benches, not in tests of them, and within the filter, which
/// comes first if there is one.
fn is_asked_for(name: &str) -> bool {
    let is_bench = std::env::args().any(|arg| arg == "--bench");
    let filter = std::env::args().nth(1).filter(|arg| !arg.starts_with('-'));
    is_bench && filter.is_none_or(|filter| name.contains(&*filter))
}

/// Prints memory per entry and the latency of a get.
fn report(keys: &[u32]) {
    for name in names() {
        let before = resident();
        let cache = make(name, MILLION + MILLION / 8);
        (0..MILLION as u32).for_each(|n| cache.put(key(n), Bytes::from_static(&[7; 64])));
        let bytes = resident().saturating_sub(before) as f64 / MILLION as f64;
        drop(cache);
        let (p50, p99) = latency(name, keys);
        println!(
            "store/report {name:14} {bytes:6.1} B/entry at 1M, get p50 {p50} ns, p99 {p99} ns"
        );
    }
}

/// Median and 99th percentile of a get, with the time of reading the clock.
fn latency(name: &str, keys: &[u32]) -> (u128, u128) {
    let cache = make(name, RESIDENT);
    ask(&*cache, Mix::ReadThrough, keys.iter().copied());
    let mut times: Vec<u128> = keys[..500_000]
        .iter()
        .map(|n| {
            let key = key(*n);
            let start = Instant::now();
            black_box(cache.get(&key));
            start.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

/// The resident set in bytes; 0 where the system does not tell.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// What a purge of a tag costs whoever issues it, over a million responses that have it; and what it costs those who look
/// one up: the first time after a purge, and from then on.
fn purges(criterion: &mut Criterion) {
    let (now, url) = (Wall::from_secs(1), |n: u32| {
        let uri = format!("http://a.example/{n:015}").parse();
        cache::Key::of_uri(&uri.expect("a URI")).expect("a host")
    });
    let table = Purges::new(now);
    let head = tagged(table.epoch());
    let store = Memory::new(MILLION as u64 * 1_000).max_object(1 << 20);
    let many = if std::env::args().any(|arg| arg == "--bench") {
        MILLION
    } else {
        1_000
    };
    for n in 0..many as u32 {
        let write = store
            .begin(&url(n), head.as_bytes(), Some(0))
            .expect("there is room");
        write.commit(None);
    }
    let mut group = criterion.benchmark_group("store/purge");
    group
        .sample_size(20)
        .measurement_time(Duration::from_secs(1));
    group.bench_function("tag-1m", |bencher| {
        bencher.iter(|| black_box(table.issue(&Purge::tag("everywhere"), now)));
    });
    let mut cx = Context::from_waker(Waker::noop());
    let key = url(7);
    let Poll::Ready(Some(entry)) = store.poll_lookup(&key, &mut Ticket::default(), &mut cx) else {
        return;
    };
    let mut held = tagged(0);
    held.set_asked(table.epoch());
    let content = &*entry.content;
    group.bench_function("look-unchecked", |bencher| {
        bencher.iter(|| black_box(table.verdict(&key, &head)));
    });
    let _ = table.check(&key, &held, content);
    group.bench_function("look-checked", |bencher| {
        bencher.iter(|| black_box(table.check(&key, &held, content)));
    });
    group.finish();
}

/// A head with four tags.
fn tagged(asked: u64) -> Head {
    let request = http::Request::get("http://a.example/")
        .body(())
        .expect("a request");
    let response = http::Response::builder()
        .header("cache-control", "max-age=3600")
        .header("content-type", "text/html")
        .header("surrogate-key", "everywhere a1 b22 c333")
        .body(())
        .expect("a response");
    let times = Times::at(Now::default());
    let stored = Policy::default().storage((&request).into(), (&response).into(), times);
    let Storage::Store(meta) = stored else {
        unreachable!("it may be stored")
    };
    let mut head = Head::new(meta, response.headers());
    head.set_asked(asked);
    head
}

criterion_group!(benches, throughput, purges);
criterion_main!(benches);
