//! The process that is killed: it opens the store and writes, reads, removes, purges and closes until it is gone.

use std::{
    fmt,
    io::{self, Write as _},
    path::Path,
    thread,
};

use eaves_cache::{
    purge::{Purge, Record},
    store::{
        Store,
        disk::{Disk, DiskConfig},
    },
};
use eaves_common::{
    time::{Clock as _, SystemClock},
    units::ByteSize,
};

use super::{
    Error,
    cli::Write,
    content::{Numbers, Version, key},
    visit::{look_up, put, read, wait},
};

/// How many objects there are; far more than fit.
pub(super) const OBJECTS: u64 = 400;
/// Objects of most lengths are small, some take several extents.
const LENGTHS: [u64; 4] = [600, 9_000, 90_000, 700_000];
/// After so many steps the store is closed and opened again.
const STEPS: u32 = 150;

/// After so many steps there is something to write.
const FIRST_STEPS: u32 = 10;

/// What a writer says, a line each, for the process that kills it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A purge of this epoch is safe.
    Purged(u64),
    /// Objects are written.
    Written,
}

impl Line {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "written" {
            return Some(Self::Written);
        }
        text.strip_prefix("purged ")?.parse().ok().map(Self::Purged)
    }

    /// Prints it; a pipe that nobody reads any more is no reason to end.
    fn say(self) {
        let _ = writeln!(io::stdout(), "{self}");
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Purged(epoch) => write!(f, "purged {epoch}"),
            Self::Written => f.write_str("written"),
        }
    }
}

/// Opens the store as both processes do.
pub(super) fn open(dir: &Path, budget: ByteSize) -> Result<Disk, Error> {
    Ok(Disk::open(dir, &DiskConfig::new(budget))?)
}

/// Writes until it is killed.
pub(super) fn run(args: &Write) -> Result<(), Error> {
    let mut numbers = Numbers::new(args.seed);
    loop {
        let disk = open(&args.dir, args.budget)?;
        (0..FIRST_STEPS).for_each(|_| step(&disk, &mut numbers));
        while disk.disk_stats().buffered_bytes > 0 {
            thread::yield_now();
        }
        Line::Written.say();
        (0..STEPS).for_each(|_| step(&disk, &mut numbers));
        // While the index is rebuilt a store cannot end cleanly, and whoever opens it next begins again.
        if numbers.below(2) == 0 {
            let _ = disk.close();
        }
    }
}

/// Does one of the things that a cache does.
fn step(disk: &Disk, numbers: &mut Numbers) {
    let id = numbers.below(OBJECTS);
    match numbers.below(11) {
        0 => _ = disk.remove(&key(id)),
        1 => refresh(disk, id, numbers.next()),
        2 | 3 => {
            if let Some(entry) = look_up(disk, &key(id)) {
                let _ = read(&entry.content);
            }
        }
        4 => abort(disk, id),
        5 => purge(disk),
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

/// Purges, and says so when that is safe.
fn purge(disk: &Disk) {
    let record = Record {
        epoch: SystemClock.now().wall.as_nanos(),
        purge: Purge::tag("everywhere"),
    };
    let synced = disk.log_purge(&record.to_bytes());
    if wait(|cx| synced.poll_synced(cx)).is_ok() {
        Line::Purged(record.epoch).say();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_heard_as_they_were_said() {
        for line in [Line::Purged(17), Line::Written] {
            assert_eq!(Line::parse(&line.to_string()), Some(line));
        }
        assert_eq!(Line::parse("purged "), None);
    }
}
