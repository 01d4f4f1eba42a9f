//! How fast a store is back, after a clean stop and after a crash.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use eaves_cache::store::{
    Store,
    disk::{Disk, DiskConfig},
};
use eaves_common::units::ByteSize;
use serde_json::json;

use super::{
    Error,
    cli::Restart,
    content::key,
    crash::folder_of_our_own,
    visit::{look_up, put_patiently},
};

/// Fills, starts twice, and returns a line of JSON.
pub(super) fn run(args: &Restart) -> Result<String, Error> {
    let own = folder_of_our_own();
    let dir = args.dir.as_deref().unwrap_or(&own);
    let line = restart(args, dir);
    if args.dir.is_none() {
        // Nothing depends on it being gone.
        let _ = std::fs::remove_dir_all(dir);
    }
    line
}

fn restart(args: &Restart, dir: &Path) -> Result<String, Error> {
    let room = args.entries * (args.size as u64 + 400) * 2;
    let config = DiskConfig::new(ByteSize::from_bytes(room.max(1 << 20)));
    let body = vec![7; args.size];
    let disk = Disk::open(dir, &config)?;
    for id in 0..args.entries {
        put_patiently(&disk, &key(id), b"head", &body);
    }
    let begin = Instant::now();
    disk.close()?;
    let closing = begin.elapsed();
    drop(disk);

    let (disk, clean) = first_hit(dir, &config, args.entries)?;
    let entries = disk.usage().entries;
    let index_bytes = disk.disk_stats().index_bytes;
    // Without being closed, as after a crash.
    drop(disk);
    let (disk, crashed) = first_hit(dir, &config, args.entries)?;
    while disk.disk_stats().rebuilt_in.is_none() {
        std::thread::yield_now();
    }
    Ok(json!({
        "entries": entries,
        "entries_rebuilt": disk.usage().entries,
        "index_bytes_per_entry": index_bytes as f64 / entries.max(1) as f64,
        "close_ms": millis(closing),
        "clean_first_hit_ms": millis(clean),
        "crash_first_hit_ms": millis(crashed),
        "crash_rebuilt_ms": disk.disk_stats().rebuilt_in.map(millis),
    })
    .to_string())
}

/// Opens the store and asks for its objects, the newest first, until one is found.
fn first_hit(dir: &Path, config: &DiskConfig, entries: u64) -> Result<(Disk, Duration), Error> {
    let begin = Instant::now();
    let disk = Disk::open(dir, config)?;
    let mut newest = (0..entries).rev().cycle();
    while newest
        .next()
        .is_some_and(|id| look_up(&disk, &key(id)).is_none())
    {}
    Ok((disk, begin.elapsed()))
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e5).round() / 100.0
}
