//! What `cache-store` shows: memory against budget, purges against a clock, and a tier at work.

use std::{
    error::Error,
    fs,
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use eaves_cache::{
    head::Head,
    key::Key,
    policy::{Policy, Storage, Times},
    purge::{Purge, Purges, Verdict},
    store::{Entry, Memory, Store, Ticket, tier::Tier},
};
use eaves_common::time::{Clock as _, Now, SystemClock};
use http::{Request, Response};
use serde_json::{Value, json};

/// Fills a store, purges it while others read, and puts a small store over a large one.
#[derive(Clone, Debug, Parser)]
#[command(name = "cache-store", version)]
pub struct Cli {
    /// Responses to store.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..=10_000_000))]
    pub entries: u64,
    /// Bytes of each body.
    #[arg(long, default_value_t = 100)]
    pub body: usize,
    /// Prints one line of JSON for each part.
    #[arg(long)]
    pub json: bool,
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

impl Cli {
    /// Runs all parts, and prints what each came to.
    ///
    /// # Errors
    /// If a response cannot be stored or the output cannot be written.
    pub fn run(&self, out: &mut dyn Write) -> Result<()> {
        let purges = Arc::new(Purges::new(SystemClock.now().wall));
        let before = resident();
        let store = self.filled(&purges)?;
        self.tell(out, "memory", &memory(&store, before))?;
        self.tell(out, "purge", &self.purge(&store, &purges)?)?;
        drop(store);
        self.tell(out, "tier", &self.tier(&purges)?)
    }

    /// A store with room for all entries.
    fn filled(&self, purges: &Purges) -> Result<Arc<Memory>> {
        let each = self.body as u64 + 700;
        let store = Arc::new(Memory::new(self.entries * each).max_object(1 << 20));
        let (head, body) = (head(purges.epoch())?, vec![7; self.body]);
        for n in 0..self.entries {
            put(&*store, n, &head, &body)?;
        }
        Ok(store)
    }

    /// Purges a tag that every response has, again and again, while a thread reads; each time the reader is served
    /// something that it fetched since.
    fn purge(&self, store: &Arc<Memory>, purges: &Arc<Purges>) -> Result<Value> {
        let watched = Arc::new(Watched::default());
        let reader = Reader {
            store: store.clone(),
            purges: purges.clone(),
            watched: watched.clone(),
            entries: self.entries,
            head: head(purges.epoch())?,
            body: vec![7; self.body],
        };
        let reader = thread::spawn(move || reader.run());
        let purge = || purges.issue(&Purge::tag("everywhere"), SystemClock.now().wall);
        let mut times = Vec::new();
        for _ in 0..1000 {
            let start = Instant::now();
            let receipt = purge();
            times.push(start.elapsed());
            watched.floor.store(receipt.epoch(), Ordering::Release);
            let before = watched.served.load(Ordering::Acquire);
            while watched.served.load(Ordering::Acquire) == before && !reader.is_finished() {
                thread::yield_now();
            }
        }
        watched.stop.store(true, Ordering::Release);
        let (looked, stale) = reader.join().map_err(|_| "the reader panicked")?;
        let _ = purge();
        let served = (0..self.entries)
            .filter(|n| serves(&**store, purges, *n).is_some())
            .count();
        times.sort_unstable();
        Ok(json!({
            "entries": self.entries,
            "purges": times.len(),
            "median_us": micros(times[times.len() / 2]),
            "p99_us": micros(times[times.len() * 99 / 100]),
            "lookups_meanwhile": looked,
            "served_meanwhile": watched.served.load(Ordering::Acquire),
            "stale_serves": stale,
            "served_afterwards": served,
        }))
    }

    /// A tenth of the responses fit into memory, and the rest below.
    fn tier(&self, purges: &Purges) -> Result<Value> {
        let entries = self.entries.min(20_000);
        let each = self.body as u64 + 700;
        let below = Arc::new(Memory::new(entries * each).shards(1));
        let store = Tier::new(Memory::new(entries * each / 10).shards(1), below);
        let (head, body) = (head(purges.epoch())?, vec![7; self.body]);
        let mut found = 0;
        for at in 0..entries * 5 {
            // A tenth of them gets half of the requests.
            let n = if at % 2 == 0 {
                at / 2 % (entries / 10)
            } else {
                at * 7919 % entries
            };
            match look(&store, n) {
                Some(entry) => found += u64::from(!read(&entry).is_empty() || self.body == 0),
                None => _ = put(&store, n, &head, &body),
            }
        }
        let [memory, below] = store.tiers();
        let moved = store.moved();
        Ok(json!({
            "requests": entries * 5,
            "found": found,
            "in_memory": memory.hits,
            "below": found - memory.hits,
            "promoted": moved.promoted,
            "demoted": moved.demoted,
            "memory_bytes": memory.bytes,
            "memory_budget": memory.budget,
            "below_bytes": below.bytes,
            "below_budget": below.budget,
        }))
    }

    fn tell(&self, out: &mut dyn Write, part: &str, told: &Value) -> Result<()> {
        if self.json {
            let mut line = told.clone();
            line["part"] = part.into();
            writeln!(out, "{line}")?;
            return Ok(());
        }
        writeln!(out, "{part}")?;
        for (name, value) in told.as_object().into_iter().flatten() {
            writeln!(out, "  {:<18} {value}", name.replace('_', " "))?;
        }
        Ok(())
    }
}

/// What a reader and one who purges know of each other.
#[derive(Default)]
struct Watched {
    /// Nothing that was asked for before this epoch may be served.
    floor: AtomicU64,
    served: AtomicU64,
    stop: AtomicBool,
}

/// One who reads, and fetches what is not served.
struct Reader {
    store: Arc<Memory>,
    purges: Arc<Purges>,
    watched: Arc<Watched>,
    entries: u64,
    head: Head,
    body: Vec<u8>,
}

impl Reader {
    /// Reads until it is told to stop; returns how often it looked, and how often what it got was purged.
    fn run(mut self) -> (u64, u64) {
        let (mut looked, mut stale) = (0_u64, 0_u64);
        while !self.watched.stop.load(Ordering::Acquire) {
            let since = self.watched.floor.load(Ordering::Acquire);
            // Each twice: what was fetched the first time is served the second.
            let n = looked / 2 * 7919 % self.entries;
            looked += 1;
            match serves(&*self.store, &self.purges, n) {
                Some(asked) => {
                    stale += u64::from(asked < since);
                    self.watched.served.fetch_add(1, Ordering::Release);
                }
                None => self.fetch(n),
            }
        }
        (looked, stale)
    }

    fn fetch(&mut self, n: u64) {
        self.head.set_asked(self.purges.epoch());
        // If it is refused it is not served.
        let _ = put(&*self.store, n, &self.head, &self.body);
    }
}

fn memory(store: &Memory, before: u64) -> Value {
    let (stats, taken) = (store.stats(), resident().saturating_sub(before));
    json!({
        "entries": stats.entries,
        "accounted_bytes": stats.bytes,
        "resident_bytes": taken,
        "resident_over_accounted": taken as f64 / stats.bytes as f64,
        "bytes_per_entry": taken as f64 / stats.entries as f64,
        "refused": stats.refused.all(),
    })
}

fn key(n: u64) -> Key {
    let uri = format!("http://a.example/{n:015}").parse();
    Key::of_uri(&uri.expect("a URI of digits")).expect("it has an authority")
}

/// A head of seven fields.
fn head(asked: u64) -> Result<Head> {
    let request = Request::get("http://a.example/").body(())?;
    let response = Response::builder()
        .header("cache-control", "public, max-age=86400")
        .header("content-type", "text/html; charset=utf-8")
        .header("content-length", "100")
        .header("date", "Mon, 21 Sep 2026 14:13:20 GMT")
        .header("etag", "\"33a64df551425fcc55e4d42a148795d9f25f89d4\"")
        .header("surrogate-key", "everywhere a1 b22 c333")
        .header("server", "origin")
        .body(())?;
    let times = Times::at(Now::default());
    match Policy::default().storage((&request).into(), (&response).into(), times) {
        Storage::Store(meta) => {
            let mut head = Head::new(meta, response.headers());
            head.set_asked(asked);
            Ok(head)
        }
        Storage::Refuse(reason) => Err(reason.as_str().into()),
    }
}

fn put(store: &dyn Store, n: u64, head: &Head, body: &[u8]) -> Result<()> {
    let mut write = store.begin(&key(n), head.as_bytes(), Some(body.len() as u64))?;
    write.append(body)?;
    write.commit(None);
    Ok(())
}

fn look(store: &dyn Store, n: u64) -> Option<Entry> {
    let mut cx = Context::from_waker(Waker::noop());
    match store.poll_lookup(&key(n), &mut Ticket::default(), &mut cx) {
        Poll::Ready(found) => found,
        Poll::Pending => None,
    }
}

fn read(entry: &Entry) -> Vec<u8> {
    let mut cx = Context::from_waker(Waker::noop());
    match entry.content.poll_read(0, &mut Ticket::default(), &mut cx) {
        Poll::Ready(Ok(data)) => data.to_vec(),
        _ => Vec::new(),
    }
}

/// The epoch at which what is served was asked for; `None` if nothing is.
fn serves(store: &dyn Store, purges: &Purges, n: u64) -> Option<u64> {
    let entry = look(store, n)?;
    let head = Head::from_bytes(entry.head).ok()?;
    let verdict = purges.check(&key(n), &head, &*entry.content);
    (verdict == Verdict::Holds).then(|| head.meta().asked)
}

fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1000.0
}

/// The resident set in bytes; 0 where the system does not tell.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
