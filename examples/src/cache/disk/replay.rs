//! A trace through the disk store: what is written for what is taken.

use std::path::Path;

use eaves_cache::store::{
    Store,
    disk::{Disk, DiskConfig},
};
use eaves_common::units::ByteSize;
use serde_json::json;

use super::{
    Error,
    cli::Replay,
    content::{Version, key},
    crash::folder_of_our_own,
    visit::{look_up, put_patiently, read},
};
use crate::cachesim::{Request, Trace};

/// Replays and returns a line of JSON.
pub(super) fn run(args: &Replay) -> Result<String, Error> {
    let trace = Trace::read(&args.trace, None)?;
    let own = folder_of_our_own();
    let dir = args.dir.as_deref().unwrap_or(&own);
    let line = replay(args, &trace, dir);
    if args.dir.is_none() {
        // Nothing depends on it being gone.
        let _ = std::fs::remove_dir_all(dir);
    }
    line
}

fn replay(args: &Replay, trace: &Trace, dir: &Path) -> Result<String, Error> {
    let budget = args.capacity.of(trace.unique_bytes());
    let mut config = DiskConfig::new(ByteSize::from_bytes(budget));
    if let Some(segment) = args.segment {
        config = config.segment(segment);
    }
    let disk = Disk::open(dir, &config)?;
    let mut hits = 0_u64;
    for request in trace.requests() {
        hits += u64::from(serve(&disk, *request));
    }
    disk.close()?;
    let stats = disk.disk_stats();
    Ok(json!({
        "capacity": budget,
        "requests": trace.requests().len(),
        "ohr": hits as f64 / trace.requests().len().max(1) as f64,
        "admitted_bytes": stats.admitted_bytes,
        "written_bytes": stats.written_bytes,
        "reappended_bytes": stats.reappended_bytes,
        "amplification": stats.write_amplification(),
        "reads_per_hit": stats.reads as f64 / stats.hits.max(1) as f64,
        "evicted_segments": stats.evicted_segments,
        "index_bytes_per_entry": stats.index_bytes / stats.entries.max(1),
    })
    .to_string())
}

/// Reads an object, or puts it in; says whether it was there.
fn serve(disk: &dyn Store, request: Request) -> bool {
    let version = Version {
        id: request.id.into(),
        seed: 0,
        len: request.size as usize,
    };
    let key = key(version.id);
    if let Some(entry) = look_up(disk, &key) {
        return read(&entry.content).1.is_none();
    }
    put_patiently(disk, &key, &version.head(0), &version.body());
    false
}
