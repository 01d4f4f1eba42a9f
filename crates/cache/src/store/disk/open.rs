//! Opening a folder: whose it is, what it holds, and whether the last process ended cleanly.

use std::{collections::BTreeMap, io, sync::Arc};

use super::{
    config::{DiskConfig, LEAST_BUDGET},
    error::OpenError,
    files::Files,
    format::Sums,
    health::Trouble,
    index::{Index, read_snapshot},
    log::Segment,
    pool::Pool,
    purges::PurgeLog,
    shared::{Parts, Shared},
    superblock::{self, Found},
};

/// How the last process that used the folder ended.
///
/// ```
/// use eaves_cache::store::disk::{Disk, DiskConfig, Recovery};
/// use eaves_common::units::ByteSize;
///
/// let path = tempfile::tempdir()?;
/// let config = DiskConfig::new(ByteSize::from_mib(1));
/// let disk = Disk::open(path.path(), &config)?;
/// assert_eq!(disk.recovery(), Recovery::Fresh);
/// disk.close()?;
/// drop(disk);
/// assert_eq!(Disk::open(path.path(), &config)?.recovery(), Recovery::Clean);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recovery {
    /// The folder was empty, or nothing in it could be used.
    Fresh,
    /// It was closed; the index is complete.
    Clean,
    /// It was not closed: the index is being rebuilt, and purges may be missing.
    Unclean,
}

/// What opening brings.
pub(super) struct Opened {
    pub(super) shared: Arc<Shared>,
    pub(super) guard: Option<Box<dyn Send + Sync>>,
    pub(super) recovery: Recovery,
}

/// What may be done in the folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// The index as it was at a clean stop.
pub(super) const SNAPSHOT: &str = "index";

pub(super) fn open(files: Arc<dyn Files>, config: &DiskConfig) -> Result<Opened, OpenError> {
    let sizes = config.resolve();
    if sizes.budget < LEAST_BUDGET {
        return Err(OpenError::Budget {
            budget: sizes.budget,
            least: LEAST_BUDGET,
        });
    }
    let (guard, access) = lock(&*files)?;
    let (sums, fresh) = identify(&*files, access)?;
    let segments = find_segments(&*files)?;
    let (purges, purges_len) = PurgeLog::read(&*files, sums, sizes.purge_log)
        .map_err(OpenError::io("read the file `purges`"))?;
    let index = Index::new();
    let restored = restore(&*files, &index, &segments, sums);
    let recovery = match (fresh, restored) {
        (true, _) => Recovery::Fresh,
        (false, Some(len)) if Some(len) == purges_len => Recovery::Clean,
        _ => Recovery::Unclean,
    };
    if recovery != Recovery::Clean {
        index.clear();
    }
    let shared = Arc::new(Shared::new(Parts {
        sizes,
        files,
        clock: config.clock_of(),
        sums,
        pool: Pool::start(config.io_of()).map_err(OpenError::io("start threads for reading"))?,
        index,
        purges,
        segments,
    }));
    begin(&shared, recovery, access);
    Ok(Opened {
        shared,
        guard,
        recovery,
    })
}

fn lock(files: &dyn Files) -> Result<(Option<Box<dyn Send + Sync>>, Access), OpenError> {
    match files.lock() {
        Ok(guard) => Ok((Some(guard), Access::Write)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(OpenError::Locked),
        // Nobody writes there.
        Err(error) if Trouble::of(&error) == Trouble::ReadOnly => Ok((None, Access::Read)),
        Err(error) => Err(OpenError::io("lock the file `lock`")(error)),
    }
}

/// Finds the folder's secret, or begins anew; says whether it did.
fn identify(files: &dyn Files, access: Access) -> Result<(Sums, bool), OpenError> {
    if let Found::Known(sums) = superblock::read(files)? {
        return Ok((sums, false));
    }
    let listed = files.list().map_err(OpenError::io("list files"))?;
    for (name, _) in listed.iter().filter(|_| access == Access::Write) {
        let ours =
            Segment::number_in(name).is_some() || [SNAPSHOT, "purges"].contains(&name.as_str());
        if ours {
            files
                .remove(name)
                .map_err(OpenError::io("remove what an unknown store left"))?;
        }
    }
    let sums = superblock::create(files).map_err(OpenError::io("write the file `store`"))?;
    Ok((sums, true))
}

fn find_segments(files: &dyn Files) -> Result<BTreeMap<u32, Arc<Segment>>, OpenError> {
    let mut segments = BTreeMap::new();
    for (name, len) in files.list().map_err(OpenError::io("list files"))? {
        if let Some(number) = Segment::number_in(&name) {
            let file = files.open(&name).map_err(OpenError::io("open a segment"))?;
            segments.insert(number, Segment::found(number, file, len));
        } else if KNOWN_DRAFTS.contains(&name.as_str()) {
            // Left by a process that ended in the middle of it; if it stays, it is written over.
            let _ = files.remove(&name);
        }
    }
    Ok(segments)
}

const KNOWN_DRAFTS: [&str; 3] = ["index.new", "purges.new", "store.new"];

/// Reads the snapshot and removes it: from now on it tells of the past. Returns the length of the purge log then.
fn restore(
    files: &dyn Files,
    index: &Index,
    segments: &BTreeMap<u32, Arc<Segment>>,
    sums: Sums,
) -> Option<u64> {
    let len = files
        .list()
        .ok()?
        .into_iter()
        .find(|(name, _)| name == SNAPSHOT)?
        .1;
    let file = files.open(SNAPSHOT).ok()?;
    let known: Vec<_> = segments
        .values()
        .map(|segment| (segment.number, segment.len()))
        .collect();
    let read = read_snapshot(index, &known, (&*file, len), sums);
    // Where it cannot be removed it does no harm: it fits no other segments than those it was written for.
    let _ = files.remove(SNAPSHOT);
    read
}

fn begin(shared: &Arc<Shared>, recovery: Recovery, access: Access) {
    if recovery == Recovery::Unclean {
        shared
            .purges
            .raise_floor(shared.clock.now().wall.as_nanos());
    }
    if access == Access::Read {
        shared.health.give_up(Trouble::ReadOnly);
    } else {
        if let Err(error) = shared.purges.rewrite(&*shared.files, shared.sums) {
            shared
                .health
                .failed(Trouble::of(&error), shared.clock.mono());
        }
        shared.fit_budget();
    }
    if recovery == Recovery::Unclean {
        shared.rebuild();
    }
}
