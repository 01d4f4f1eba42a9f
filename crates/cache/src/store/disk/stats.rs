//! [`DiskStats`] and what they are counted from.

use core::time::Duration;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a disk store has done since it was opened, and how it is.
///
/// ```
/// use eaves_cache::store::disk::DiskStats;
///
/// let stats = DiskStats { admitted_bytes: 1000, written_bytes: 1050, ..DiskStats::default() };
/// assert_eq!(stats.write_amplification(), 1.05);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain numbers, built in tests and dashboards"
)]
pub struct DiskStats {
    /// How it is.
    pub state: State,
    /// Keys in the index.
    pub entries: u64,
    /// Bytes of memory that the index takes.
    pub index_bytes: u64,
    /// Bytes on disk, of segments and purges, and what a snapshot of the index would take.
    pub disk_bytes: u64,
    /// Bytes in memory that wait to be written.
    pub buffered_bytes: u64,
    /// How long the index took to be rebuilt, once it is.
    pub rebuilt_in: Option<Duration>,
    /// Lookups that found something.
    pub hits: u64,
    /// Lookups that did not.
    pub misses: Misses,
    /// Objects that were not taken.
    pub refusals: Refusals,
    /// Objects that were committed.
    pub committed: u64,
    /// Objects that were begun and given up by who wrote them.
    pub aborted: u64,
    /// Objects that were committed, and lost because they could not be written.
    pub lost: u64,
    /// Segments that had to leave for others.
    pub evicted_segments: u64,
    /// Objects that left with them.
    pub evicted_objects: u64,
    /// Objects that were asked for and therefore moved before their segment left.
    pub reappended: u64,
    /// Bytes of them.
    pub reappended_bytes: u64,
    /// Bytes of keys, heads, trailers and bodies that were committed.
    pub admitted_bytes: u64,
    /// Bytes written to segments, to the purge log and to snapshots.
    pub written_bytes: u64,
    /// Calls that read from segments for lookups and bodies.
    pub reads: u64,
    /// Bodies that turned out damaged or unreadable behind their beginning.
    pub damaged_bodies: u64,
    /// Bytes of segments in which a scan found no record.
    pub unread_bytes: u64,
}

/// Lookups that found nothing, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain numbers")]
pub struct Misses {
    /// The key is not here.
    pub absent: u64,
    /// Too many lookups wait for the disk.
    pub busy: u64,
    /// Its bytes are not those that were written.
    pub damaged: u64,
    /// It left while it was looked up, or parts of it had left before.
    pub gone: u64,
    /// The key is not known yet, the index is being rebuilt.
    pub rebuilding: u64,
    /// The disk could not read it.
    pub unreadable: u64,
}

/// Objects that were not taken, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain numbers")]
pub struct Refusals {
    /// Too many bytes wait to be written.
    pub busy: u64,
    /// Too many bytes are reserved.
    pub no_room: u64,
    /// The object is larger than is taken.
    pub too_large: u64,
    /// The disk takes no writes.
    pub unavailable: u64,
}

/// How a disk store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// It reads and writes.
    #[default]
    Serving,
    /// It reads and writes, and does not know all its keys yet.
    Rebuilding,
    /// It reads, and refuses writes until the next try.
    Troubled(super::Trouble),
    /// It was closed.
    Closed,
}

impl DiskStats {
    /// Returns how many bytes were written for each byte that was committed; zero if none was.
    #[must_use]
    pub fn write_amplification(&self) -> f64 {
        if self.admitted_bytes == 0 {
            0.0
        } else {
            self.written_bytes as f64 / self.admitted_bytes as f64
        }
    }
}

/// One thing that is counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    Hit,
    MissAbsent,
    MissBusy,
    MissDamaged,
    MissGone,
    MissRebuilding,
    MissUnreadable,
    RefusedBusy,
    RefusedNoRoom,
    RefusedTooLarge,
    RefusedUnavailable,
    Committed,
    Aborted,
    Lost,
    EvictedSegment,
    EvictedObject,
    Reappended,
    ReappendedByte,
    AdmittedByte,
    WrittenByte,
    Read,
    DamagedBody,
    UnreadByte,
}

/// The numbers as they grow.
#[derive(Debug, Default)]
pub(super) struct Counters([AtomicU64; Count::UnreadByte as usize + 1]);

impl Counters {
    pub(super) fn add(&self, what: Count, count: u64) {
        self.0[what as usize].fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn one(&self, what: Count) {
        self.add(what, 1);
    }

    fn of(&self, what: Count) -> u64 {
        self.0[what as usize].load(Ordering::Relaxed)
    }

    /// Objects that were refused, for any reason.
    pub(super) fn refusals(&self) -> u64 {
        let Refusals {
            busy,
            no_room,
            too_large,
            unavailable,
        } = self.snapshot().refusals;
        busy + no_room + too_large + unavailable
    }

    /// What is counted; what is held is for the caller to fill in.
    pub(super) fn snapshot(&self) -> DiskStats {
        DiskStats {
            hits: self.of(Count::Hit),
            misses: Misses {
                absent: self.of(Count::MissAbsent),
                busy: self.of(Count::MissBusy),
                damaged: self.of(Count::MissDamaged),
                gone: self.of(Count::MissGone),
                rebuilding: self.of(Count::MissRebuilding),
                unreadable: self.of(Count::MissUnreadable),
            },
            refusals: Refusals {
                busy: self.of(Count::RefusedBusy),
                no_room: self.of(Count::RefusedNoRoom),
                too_large: self.of(Count::RefusedTooLarge),
                unavailable: self.of(Count::RefusedUnavailable),
            },
            committed: self.of(Count::Committed),
            aborted: self.of(Count::Aborted),
            lost: self.of(Count::Lost),
            evicted_segments: self.of(Count::EvictedSegment),
            evicted_objects: self.of(Count::EvictedObject),
            reappended: self.of(Count::Reappended),
            reappended_bytes: self.of(Count::ReappendedByte),
            admitted_bytes: self.of(Count::AdmittedByte),
            written_bytes: self.of(Count::WrittenByte),
            reads: self.of(Count::Read),
            damaged_bodies: self.of(Count::DamagedBody),
            unread_bytes: self.of(Count::UnreadByte),
            ..DiskStats::default()
        }
    }
}
