//! [`Shared`]: what the parts of a store have in common.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
};

use eaves_common::time::{Clock, Mono};

use super::{
    config::Sizes,
    files::Files,
    format::{Place, Sums},
    gauge::Gauge,
    health::Health,
    index::{Index, Slot, Tag, snapshot_len},
    log::{Log, Segment, Space},
    pool::Pool,
    purges::PurgeLog,
    stats::Counters,
    superblock,
};

/// Everything of a store but the handle that its owner holds.
///
/// Locks are taken in this order: space, a body that grows, a shard of the index, the end of the log, the segments,
/// the pending records of one.
pub(super) struct Shared {
    pub(super) sizes: Sizes,
    pub(super) files: Arc<dyn Files>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sums: Sums,
    pub(super) pool: Pool,
    pub(super) index: Index,
    pub(super) health: Health,
    pub(super) counters: Counters,
    pub(super) purges: PurgeLog,
    /// Bytes that wait in memory to be written.
    pub(super) buffer: Arc<Gauge>,
    /// Bytes that objects on their way in may still bring.
    pub(super) reserved: Arc<Gauge>,
    /// The number of the first segment that this process writes. Heads in earlier ones tell of another's time.
    pub(super) first_segment: u32,
    pub(super) next_body: AtomicU32,
    /// Bytes of all segments, those included that left and are still read.
    pub(super) on_disk: AtomicU64,
    /// Bytes that may be written again for objects in use.
    pub(super) allowance: AtomicU64,
    pub(super) flush_due: AtomicBool,
    pub(super) closed: AtomicBool,
    pub(super) rebuild: Rebuild,
    log: Mutex<Log>,
    space: Mutex<Space>,
    segments: RwLock<BTreeMap<u32, Arc<Segment>>>,
}

/// How far the index is rebuilt.
#[derive(Debug, Default)]
pub(super) struct Rebuild {
    pub(super) running: AtomicBool,
    pub(super) began: Mono,
    /// Nanoseconds that it took, once it is done.
    pub(super) took: AtomicU64,
}

/// What [`Shared`] is made of.
pub(super) struct Parts {
    pub(super) sizes: Sizes,
    pub(super) files: Arc<dyn Files>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sums: Sums,
    pub(super) pool: Pool,
    pub(super) index: Index,
    pub(super) purges: PurgeLog,
    pub(super) segments: BTreeMap<u32, Arc<Segment>>,
}

impl Shared {
    pub(super) fn new(parts: Parts) -> Self {
        let last = parts.segments.keys().next_back().copied().unwrap_or(0);
        let first_segment = last.saturating_add(1);
        let on_disk = parts.segments.values().map(|segment| segment.len()).sum();
        Self {
            buffer: Gauge::new(parts.sizes.write_buffer),
            reserved: Gauge::new(parts.sizes.budget / 2),
            rebuild: Rebuild {
                began: parts.clock.mono(),
                ..Rebuild::default()
            },
            sizes: parts.sizes,
            files: parts.files,
            clock: parts.clock,
            sums: parts.sums,
            pool: parts.pool,
            index: parts.index,
            health: Health::default(),
            counters: Counters::default(),
            purges: parts.purges,
            first_segment,
            next_body: AtomicU32::new(0),
            on_disk: AtomicU64::new(on_disk),
            allowance: AtomicU64::new(0),
            flush_due: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            log: Mutex::new(Log::new(first_segment)),
            space: Mutex::default(),
            segments: RwLock::new(parts.segments),
        }
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn space(&self) -> MutexGuard<'_, Space> {
        self.space.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn segments(&self) -> RwLockReadGuard<'_, BTreeMap<u32, Arc<Segment>>> {
        self.segments.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn segments_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<u32, Arc<Segment>>> {
        self.segments
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn segment(&self, number: u32) -> Option<Arc<Segment>> {
        self.segments().get(&number).cloned()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn is_rebuilding(&self) -> bool {
        self.rebuild.running.load(Ordering::Acquire)
    }

    /// A number for a body that no other one of this folder has: the first segment of a process is its own.
    pub(super) fn new_sequence(&self) -> u64 {
        let body = self.next_body.fetch_add(1, Ordering::Relaxed);
        u64::from(self.first_segment) << 32 | u64::from(body)
    }

    /// Forgets a key that led to a record which cannot be read.
    pub(super) fn forget(&self, tag: Tag, place: Place) {
        let mark = self.is_rebuilding().then(|| Slot::tombstone(place));
        self.index.remove_at(tag, place, mark);
    }

    /// Counts a failed read of a segment, which may be the one too many.
    pub(super) fn note_fault(&self, segment: &Arc<Segment>) {
        if segment.is_beyond_repair() {
            self.give_up_segment(segment);
        }
    }

    /// Bytes of files that are no segments, as long as they may become.
    pub(super) fn overhead(&self) -> u64 {
        let segments = self.segments().len() as u64;
        let snapshot = snapshot_len(self.index.entries(), segments);
        superblock::LEN + snapshot + 2 * self.sizes.purge_log
    }

    pub(super) fn disk_bytes(&self) -> u64 {
        self.on_disk.load(Ordering::Relaxed) + self.overhead()
    }
}
