//! The disk store beside a file per object, and how fast it is back with a million objects.
//!
//! Objects have 4 KiB and lie in the system's page cache: what is measured is what the store adds to the disk. The
//! table of starts is of `EAVES_DISK_ENTRIES` objects of 100 bytes; as smoke tests (`--test`) run, of fewer.

use std::{
    fs,
    hint::black_box,
    path::Path,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use criterion::{Criterion, Throughput};
use eaves_cache::{
    key::Key,
    store::{
        Content, Refused, Store, Ticket,
        disk::{Disk, DiskConfig, Io},
    },
};
use eaves_common::units::ByteSize;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    get(&mut criterion);
    put(&mut criterion);
    let smoke = std::env::args().any(|arg| arg == "--test");
    starts(if smoke { 10_000 } else { entries() });
    criterion.final_summary();
}

fn entries() -> u64 {
    let wanted = std::env::var("EAVES_DISK_ENTRIES").ok();
    wanted
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000_000)
}

const OBJECTS: u64 = 10_000;
const LEN: usize = 4096;

fn get(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("disk/get");
    group.throughput(Throughput::Elements(1));
    for (name, io) in [
        ("eaves-inline", Io::Inline),
        ("eaves-threads", Io::threads(2)),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = open(folder.path(), 1 << 30, io);
        for id in 0..OBJECTS {
            store(&disk, &key(id), &[7; LEN]);
        }
        while disk.disk_stats().buffered_bytes > 0 {
            thread::yield_now();
        }
        let mut ids = Ids(1);
        group.bench_function(name, |b| {
            b.iter(|| assert_eq!(read(&disk, &key(ids.next())), LEN))
        });
    }
    let folder = tempfile::tempdir().expect("a folder");
    for id in 0..OBJECTS {
        fs::write(folder.path().join(id.to_string()), [7; LEN]).expect("a file");
    }
    let mut ids = Ids(1);
    let mut file = || fs::read(folder.path().join(ids.next().to_string())).expect("a file");
    group.bench_function("file-per-object", |b| b.iter(|| black_box(file()).len()));
    group.finish();
}

fn put(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("disk/put");
    group.throughput(Throughput::Bytes(LEN as u64));
    let folder = tempfile::tempdir().expect("a folder");
    let disk = open(folder.path(), 256 << 20, Io::Inline);
    let mut id = 0;
    group.bench_function("eaves-inline", |b| {
        b.iter(|| {
            id += 1;
            store(&disk, &key(id), &[7; LEN]);
        });
    });
    let folder = tempfile::tempdir().expect("a folder");
    let mut ids = Ids(1);
    group.bench_function("file-per-object", |b| {
        b.iter(|| {
            let (draft, name) = (folder.path().join("draft"), ids.next().to_string());
            fs::write(&draft, [7; LEN]).expect("a file");
            fs::rename(draft, folder.path().join(name)).expect("its name");
        });
    });
    group.finish();
}

/// Prints how long a clean stop takes, and how long after a start the first object is found.
fn starts(entries: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let budget = (entries * 1_000).max(1 << 20);
    let disk = open(folder.path(), budget, Io::default());
    for id in 0..entries {
        store(&disk, &key(id), &[7; 100]);
    }
    let begin = Instant::now();
    disk.close().expect("a clean stop");
    let close = begin.elapsed();
    let (disk, clean) = first_hit(folder.path(), budget, entries);
    let stats = disk.disk_stats();
    drop(disk);
    let (disk, crashed) = first_hit(folder.path(), budget, entries);
    while disk.disk_stats().rebuilt_in.is_none() {
        thread::yield_now();
    }
    let rebuilt = disk.disk_stats().rebuilt_in.unwrap_or_default();
    println!(
        "{:>9} {:>9} {:>11} {:>11} {:>9} {:>7}",
        "objects", "close", "clean hit", "crash hit", "rebuilt", "B/key"
    );
    println!(
        "{:>9} {:>6} ms {:>8} ms {:>8} ms {:>6} ms {:>7.1}",
        stats.entries,
        close.as_millis(),
        clean.as_millis(),
        crashed.as_millis(),
        rebuilt.as_millis(),
        stats.index_bytes as f64 / stats.entries.max(1) as f64
    );
    assert_eq!(disk.disk_stats().entries, stats.entries);
}

/// Opens the store and asks for its objects, the newest first, until one is found.
fn first_hit(path: &Path, budget: u64, entries: u64) -> (Disk, Duration) {
    let begin = Instant::now();
    let disk = open(path, budget, Io::default());
    let mut newest = (0..entries).rev().cycle();
    while newest.next().is_some_and(|id| read(&disk, &key(id)) == 0) {}
    (disk, begin.elapsed())
}

fn open(path: &Path, budget: u64, io: Io) -> Disk {
    let config = DiskConfig::new(ByteSize::from_bytes(budget)).io(io);
    Disk::open(path, &config).expect("the folder is ours")
}

fn key(id: u64) -> Key {
    let uri = format!("http://origin.example/objects/{id}")
        .parse()
        .expect("a path");
    Key::of_uri(&uri).expect("it has a host")
}

fn store(disk: &Disk, key: &Key, body: &[u8]) {
    loop {
        let written = disk
            .begin(key, b"head", Some(body.len() as u64))
            .and_then(|mut write| {
                write.append(body)?;
                write.commit(None);
                Ok(())
            });
        match written {
            Err(Refused::Busy { .. }) => thread::yield_now(),
            other => return other.expect("there is room"),
        }
    }
}

/// Reads an object and returns its length; none counts as no bytes.
fn read(disk: &Disk, key: &Key) -> usize {
    let mut ticket = Ticket::default();
    let Some(entry) = wait(|cx| disk.poll_lookup(key, &mut ticket, cx)) else {
        return 0;
    };
    let content: Arc<dyn Content> = entry.content;
    let part = wait(|cx| content.poll_read(0, &mut ticket, cx));
    part.map_or(0, |part| black_box(part).len())
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn wait<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        match poll(&mut cx) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

/// Numbers of objects in no order.
struct Ids(u64);

impl Ids {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % OBJECTS
    }
}
