//! The process that is killed: it opens the store and writes, reads, removes and closes until it is gone.

use std::{
    io::{self, Write as _},
    path::Path,
};

use eaves_cache::store::{
    Store,
    disk::{Disk, DiskConfig},
};
use eaves_common::units::ByteSize;

use super::{
    Error,
    cli::Write,
    content::{Numbers, Version, key},
    visit::{look_up, put, read},
};

/// How many objects there are; far more than fit.
pub(super) const OBJECTS: u64 = 400;
/// Objects of most lengths are small, some take several extents.
const LENGTHS: [u64; 4] = [600, 9_000, 90_000, 700_000];
/// After so many steps the store is closed and opened again.
const STEPS: u32 = 150;

/// Opens the store as both processes do.
pub(super) fn open(dir: &Path, budget: ByteSize) -> Result<Disk, Error> {
    Ok(Disk::open(dir, &DiskConfig::new(budget))?)
}

/// Writes until it is killed.
pub(super) fn run(args: &Write) -> Result<(), Error> {
    let mut numbers = Numbers::new(args.seed);
    loop {
        let disk = open(&args.dir, args.budget)?;
        // Heard once: nobody reads the later ones, and a pipe that nobody reads is no reason to end.
        let _ = writeln!(io::stdout(), "open");
        for _ in 0..STEPS {
            step(&disk, &mut numbers);
        }
        // While the index is rebuilt a store cannot end cleanly, and whoever opens it next begins again.
        if numbers.below(2) == 0 {
            let _ = disk.close();
        }
    }
}

/// Does one of the things that a cache does.
fn step(disk: &Disk, numbers: &mut Numbers) {
    let id = numbers.below(OBJECTS);
    match numbers.below(10) {
        0 => _ = disk.remove(&key(id)),
        1 => refresh(disk, id, numbers.next()),
        2 | 3 => {
            if let Some(entry) = look_up(disk, &key(id)) {
                let _ = read(&entry.content);
            }
        }
        4 => abort(disk, id),
        _ => {
            let longest = LENGTHS[numbers.below(LENGTHS.len() as u64) as usize];
            let version = Version {
                id,
                seed: numbers.next(),
                len: numbers.below(longest) as usize,
            };
            // A refusal is as good as an object that is not there.
            let _ = put(disk, &key(id), &version.head(0), &version.body());
        }
    }
}

/// Puts another head on an object, as a validation does.
fn refresh(disk: &Disk, id: u64, mark: u64) {
    let Some(entry) = look_up(disk, &key(id)) else {
        return;
    };
    if let Some(version) = Version::of_head(&entry.head) {
        let _ = disk.replace_head(&key(id), &entry.content, &version.head(mark));
    }
}

/// Gives up in the middle of a body.
fn abort(disk: &Disk, id: u64) {
    if let Ok(mut write) = disk.begin(&key(id), b"half", None) {
        let _ = write.append(&[0xab; 40_000]);
    }
}
