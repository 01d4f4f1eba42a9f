//! Killing the writer, and checking what it left.

use std::{
    collections::HashSet,
    env,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use eaves_cache::{
    purge::Record,
    store::{
        Store as _,
        disk::{Disk, State},
    },
};
use serde_json::json;

use super::{
    Error,
    cli::Crash,
    content::{Numbers, Version, key},
    process::Process,
    visit::{look_up, read},
    writer::{OBJECTS, open},
};

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How often the process was killed.
    pub kills: u32,
    /// Objects that read as they were written.
    pub intact: u64,
    /// Objects that were not there.
    pub misses: u64,
    /// Bodies that ended in an error, after a right beginning.
    pub cut: u64,
    /// Records that were found damaged.
    pub damaged: u64,
    /// Purges that were safe before a kill, and known after it.
    pub purges: u64,
    /// The most bytes that the folder had.
    pub most_bytes: u64,
}

/// Kills and checks, as often as asked.
///
/// # Errors
///
/// When the store cannot be opened, or an object reads wrong.
pub fn run(args: &Crash) -> Result<Outcome, Error> {
    let (dir, ours) = match &args.dir {
        Some(dir) => (dir.clone(), Ours::No),
        None => (folder_of_our_own(), Ours::Yes),
    };
    let mut outcome = Outcome::default();
    let result =
        (0..args.rounds).try_for_each(|round| kill_and_check(args, &dir, round, &mut outcome));
    if ours == Ours::Yes && result.is_ok() {
        std::fs::remove_dir_all(&dir).map_err(Error::io("remove the folder"))?;
    }
    result.map(|()| outcome)
}

#[derive(PartialEq, Eq)]
enum Ours {
    No,
    Yes,
}

/// A name that no other process takes.
pub(super) fn folder_of_our_own() -> PathBuf {
    env::temp_dir().join(format!("eaves-cache-disk-{}", std::process::id()))
}

fn kill_and_check(
    args: &Crash,
    dir: &Path,
    round: u32,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let mut numbers = Numbers::new(args.seed ^ u64::from(round) << 40);
    let mut writer = Process::start(args, dir, numbers.next())?;
    if round % 2 == 1 {
        // Half of them live until they have written; the others may be killed while they start.
        writer.wait_until_written()?;
    }
    let life = Duration::from_micros(numbers.below(args.most_ms * 1000));
    thread::sleep(life);
    let purged = writer.kill()?;
    outcome.kills += 1;
    check(args, (dir, &purged), round, outcome)
}

/// Looks for the purges that were safe, and reads every object, while the index is rebuilt and after it.
fn check(
    args: &Crash,
    (dir, purged): (&Path, &[u64]),
    round: u32,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let bytes = bytes_in(dir).map_err(Error::io("measure the folder"))?;
    outcome.most_bytes = outcome.most_bytes.max(bytes);
    let disk = open(dir, args.budget)?;
    if let Some(epoch) = forgotten(&disk, purged) {
        let seed = args.seed;
        return Err(Error::Forgotten { epoch, seed, round });
    }
    outcome.purges += purged.len() as u64;
    for _ in 0..2 {
        for id in 0..OBJECTS {
            check_object(&disk, id, outcome).map_err(|at| Error::Wrong {
                id,
                at,
                seed: args.seed,
                round,
            })?;
        }
        while disk.disk_stats().state == State::Rebuilding {
            thread::yield_now();
        }
    }
    outcome.damaged += disk.disk_stats().misses.damaged;
    Ok(())
}

/// The first purge that the store does not know any more.
fn forgotten(disk: &Disk, purged: &[u64]) -> Option<u64> {
    let records = disk.logged_purges().records;
    let epochs = records
        .iter()
        .filter_map(|record| Record::from_bytes(record).ok());
    let known: HashSet<u64> = epochs.map(|record| record.epoch).collect();
    purged.iter().copied().find(|epoch| !known.contains(epoch))
}

/// Compares an object with what its head says; on a difference, says where.
fn check_object(disk: &Disk, id: u64, outcome: &mut Outcome) -> Result<(), usize> {
    let Some(entry) = look_up(disk, &key(id)) else {
        outcome.misses += 1;
        return Ok(());
    };
    let version = Version::of_head(&entry.head)
        .filter(|version| version.id == id)
        .ok_or(0_usize)?;
    let (body, error) = read(&entry.content);
    let expected = version.body();
    let same = body
        .iter()
        .zip(&expected)
        .take_while(|(is, should)| is == should)
        .count();
    match error {
        Some(_) if same == body.len() => outcome.cut += 1,
        None if same == expected.len() && body.len() == same => outcome.intact += 1,
        _ => return Err(same),
    }
    Ok(())
}

fn bytes_in(dir: &Path) -> std::io::Result<u64> {
    if !dir.exists() {
        return Ok(0);
    }
    let mut bytes = 0;
    for entry in std::fs::read_dir(dir)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

impl Outcome {
    /// One line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        json!({
            "kills": self.kills,
            "intact": self.intact,
            "misses": self.misses,
            "cut": self.cut,
            "damaged": self.damaged,
            "wrong": 0,
            "purges": self.purges,
            "most_bytes": self.most_bytes,
        })
        .to_string()
    }
}
