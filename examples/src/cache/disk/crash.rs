//! Killing the writer, and checking what it left.

use std::{
    env,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use eaves_cache::store::disk::Disk;
use serde_json::json;

use super::{
    Error,
    cli::Crash,
    content::{Numbers, Version, key},
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
    let mut writer = start(args, dir, numbers.next())?;
    if round % 2 == 1 {
        // Half of them live until they write; the others may be killed while they start.
        wait_until_open(&mut writer)?;
    }
    let life = Duration::from_micros(numbers.below(args.most_ms * 1000));
    thread::sleep(life);
    writer.kill().map_err(Error::io("kill the writer"))?;
    writer
        .wait()
        .map_err(Error::io("wait for the writer's end"))?;
    outcome.kills += 1;
    check(args, dir, round, outcome)
}

fn start(args: &Crash, dir: &Path, seed: u64) -> Result<Child, Error> {
    let program = env::current_exe().map_err(Error::io("find this program"))?;
    let (budget, seed) = (args.budget.to_string(), seed.to_string());
    Command::new(program)
        .args(["write", "--budget", &budget, "--seed", &seed, "--dir"])
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Error::io("start the writer"))
}

fn wait_until_open(writer: &mut Child) -> Result<(), Error> {
    let Some(stdout) = writer.stdout.take() else {
        return Ok(());
    };
    let mut line = String::new();
    let read = BufReader::new(stdout).read_line(&mut line);
    read.map(drop).map_err(Error::io("read from the writer"))
}

/// Reads every object, while the index is rebuilt and after it.
fn check(args: &Crash, dir: &Path, round: u32, outcome: &mut Outcome) -> Result<(), Error> {
    let bytes = bytes_in(dir).map_err(Error::io("measure the folder"))?;
    outcome.most_bytes = outcome.most_bytes.max(bytes);
    let disk = open(dir, args.budget)?;
    for _ in 0..2 {
        for id in 0..OBJECTS {
            check_object(&disk, id, outcome).map_err(|at| Error::Wrong {
                id,
                at,
                seed: args.seed,
                round,
            })?;
        }
    }
    outcome.damaged += disk.disk_stats().misses.damaged;
    Ok(())
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
            "most_bytes": self.most_bytes,
        })
        .to_string()
    }
}
