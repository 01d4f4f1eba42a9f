//! Many threads at once, over few bytes: what one writes is never what another reads under another name.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use eaves_cache::store::{
    Store,
    disk::{Disk, Io, Recovery},
};

use super::{body, config, key, look_up, open, read_from, sim::Sim};

const BUDGET: u64 = 256 << 10;
const NAMES: u64 = 40;
const STEPS: u64 = 1_500;

/// Versions count up for each name, so that going back shows.
#[derive(Default)]
struct Versions(HashMap<u64, AtomicU64>);

impl Versions {
    fn new() -> Self {
        Self((0..NAMES).map(|name| (name, AtomicU64::new(0))).collect())
    }
}

fn length(name: u64, version: u64) -> usize {
    ((name * 7919 + version * 104_729) % 20_000) as usize
}

fn write(disk: &Disk, name: u64, version: u64) {
    let bytes = body(name << 32 | version, length(name, version));
    let Ok(mut write) = disk.begin(&key(name), version.to_string().as_bytes(), None) else {
        return;
    };
    if bytes.chunks(7_000).all(|part| write.append(part).is_ok()) {
        write.commit(None);
    }
}

/// Reads a name and returns its version, if it is there as a whole.
fn read(disk: &Disk, name: u64) -> Option<u64> {
    let entry = look_up(disk, name)?;
    let version = std::str::from_utf8(&entry.head).unwrap().parse().unwrap();
    let bytes = read_from(&entry.content, 0).ok()?;
    assert_eq!(
        bytes,
        body(name << 32 | version, length(name, version)),
        "{name} in {version}"
    );
    Some(version)
}

/// Each name has one writer, and everybody reads it.
fn act(disk: &Disk, versions: &Versions, (thread, threads): (u64, u64)) {
    let mut state = thread * 77 + 1;
    let mut seen = HashMap::new();
    for _ in 0..STEPS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let name = state % NAMES;
        let latest = &versions.0[&name];
        if name % threads == thread && state % 3 == 0 {
            let version = latest.load(Ordering::Acquire) + 1;
            latest.store(version, Ordering::Release);
            write(disk, name, version);
        } else if name % threads == thread && state % 31 == 1 {
            disk.remove(&key(name));
        } else if let Some(version) = read(disk, name) {
            let known = seen.insert(name, version).unwrap_or(0);
            assert!(
                version >= known,
                "{name} went back from {known} to {version}"
            );
            assert!(version <= latest.load(Ordering::Acquire));
        }
    }
}

#[test]
fn threads_see_whole_objects_that_never_go_back() {
    let files = Sim::new();
    let config = config(BUDGET).io(Io::threads(3));
    let versions = Versions::new();
    for round in 0..3 {
        let disk = open(&files, &config);
        thread::scope(|scope| {
            for thread in 0..4 {
                let (disk, versions) = (&disk, &versions);
                scope.spawn(move || act(disk, versions, (thread, 4)));
            }
        });
        let peak = files.knobs.peak.load(Ordering::Relaxed);
        assert!(peak <= BUDGET, "{peak}");
        assert!(disk.disk_stats().evicted_segments > 0);
        if round == 0 {
            disk.close().unwrap();
        }
        drop(disk);
    }
    let disk = open(&Arc::clone(&files), &config);
    assert_eq!(disk.recovery(), Recovery::Unclean);
    (0..NAMES).for_each(|name| _ = read(&disk, name));
}
