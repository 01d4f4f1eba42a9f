//! [`Disk`]: the store itself.

use core::{
    fmt,
    task::{Context, Poll},
    time::Duration,
};
use std::{
    any::Any,
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

use super::{
    config::DiskConfig,
    error::{CloseError, OpenError},
    files::{Files, Folder},
    format::{Header, Kind, Parts, Place, build},
    index::{Slot, Tag},
    log::Item,
    open::{self, Recovery},
    read::{Stored, poll_lookup},
    shared::Shared,
    stats::{Count, DiskStats, State},
    write::{Filling, refuse},
};
use crate::{
    key::Key,
    stats::Stats,
    store::{Content, Entry, Logged, Refused, Store, Synced, Ticket, Usage, Write},
};

/// A store in a folder, which outlives the process.
///
/// It never takes more bytes on disk than its budget, never serves a byte that is not the one that was written, and
/// never blocks the thread that asks. Dropped without [`close`](Self::close), it loses what was not written yet, and
/// the next one to open the folder rebuilds the index while it serves.
///
/// ```
/// use eaves_cache::{key::Key, store::{Store, disk::{Disk, DiskConfig, Io}}};
/// use eaves_common::units::ByteSize;
///
/// let path = tempfile::tempdir()?;
/// let disk = Disk::open(path.path(), &DiskConfig::new(ByteSize::from_mib(1)).io(Io::Inline))?;
/// let key = Key::of_uri(&"http://a.example/".parse()?)?;
/// let mut write = disk.begin(&key, b"head", Some(5))?;
/// write.append(b"hello")?;
/// write.commit(None);
/// assert_eq!(disk.usage().entries, 1);
/// disk.close()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Disk {
    shared: Arc<Shared>,
    guard: Mutex<Option<Box<dyn Send + Sync>>>,
    recovery: Recovery,
}

impl Disk {
    /// Opens a folder, which is made if it is not there.
    ///
    /// On a file system that may not be written the store serves what it finds and refuses all else.
    ///
    /// # Errors
    /// If another process uses the folder, a newer version wrote it, or the file system refuses what is needed.
    pub fn open(path: impl AsRef<Path>, config: &DiskConfig) -> Result<Self, OpenError> {
        let files = Folder::new(path).map_err(OpenError::io("make the folder"))?;
        Self::open_in(Arc::new(files), config)
    }

    /// Opens a folder of any kind.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_in(files: Arc<dyn Files>, config: &DiskConfig) -> Result<Self, OpenError> {
        let opened = open::open(files, config)?;
        Ok(Self {
            shared: opened.shared,
            guard: Mutex::new(opened.guard),
            recovery: opened.recovery,
        })
    }

    /// Returns how the last process ended.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        self.recovery
    }

    /// Writes and syncs everything and gives the folder free; blocks until that is done. From then on lookups find
    /// nothing and nothing is taken.
    ///
    /// # Errors
    /// If something could not be written, or the index was not rebuilt yet. The next one to open the folder rebuilds
    /// it.
    pub fn close(&self) -> Result<(), CloseError> {
        let closed = self.shared.close();
        self.guard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        closed
    }

    /// Returns what was counted, and what is held.
    #[must_use]
    pub fn disk_stats(&self) -> DiskStats {
        let shared = &self.shared;
        let took = shared.rebuild.took.load(Ordering::Acquire);
        let state = match (shared.is_closed(), shared.health.trouble()) {
            (true, _) => State::Closed,
            (false, Some(trouble)) => State::Troubled(trouble),
            (false, None) if shared.is_rebuilding() => State::Rebuilding,
            (false, None) => State::Serving,
        };
        DiskStats {
            state,
            entries: shared.index.entries(),
            index_bytes: shared.index.bytes(),
            disk_bytes: shared.disk_bytes(),
            buffered_bytes: shared.buffer.used(),
            rebuilt_in: (took > 0).then(|| Duration::from_nanos(took)),
            ..shared.counters.snapshot()
        }
    }

    fn tag(&self, key: &Key) -> Tag {
        Tag::of(self.shared.sums.key(key.as_bytes()))
    }

    /// Appends the mark that a key was removed, so that no later scan finds it again, and returns the mark against one
    /// that runs now. If the disk takes no writes, what a crash brings back is as good as purged: it was unclean.
    fn tombstone(&self, key: &Key) -> Option<Slot> {
        if self.takes_writes() {
            self.append_tombstone(key);
        }
        self.shared
            .is_rebuilding()
            .then(|| Slot::tombstone(Place::LAST))
    }

    fn append_tombstone(&self, key: &Key) {
        let header = Header {
            kind: Kind::Tombstone,
            chunk_log2: self.shared.sizes.chunk_log2,
            key_len: 0,
            sequence: self.shared.new_sequence(),
            hash: self.shared.sums.key(key.as_bytes()),
            head_len: 0,
            trailers_len: 0,
            body_len: 0,
            extents: 0,
            extent_len: 0,
            meta_sum: 0,
        };
        let record = build(&header, Parts::default(), self.shared.sums);
        let item = self.item(record.len() as u64, None);
        // Without a number for another segment nothing is taken any more, and nothing has to be hidden.
        let _ = self.shared.append(record, item);
    }

    /// Says whether what is small may be appended now.
    fn takes_writes(&self) -> bool {
        let shared = &self.shared;
        let room = shared.buffer.used() < shared.buffer.limit();
        room && !shared.is_closed() && shared.health.admit(shared.clock.mono()).is_ok()
    }

    fn item(&self, len: u64, tag: Option<Tag>) -> Item {
        let mut charge = self.shared.buffer.charge();
        // Asked before: the one that passes the limit is small.
        charge.grow_past_limit(len);
        Item {
            tag,
            body: None,
            charge,
        }
    }
}

impl Store for Disk {
    fn poll_lookup(
        &self,
        key: &Key,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Entry>> {
        poll_lookup(&self.shared, key, ticket, cx)
    }

    fn begin(&self, key: &Key, head: &[u8], len: Option<u64>) -> Result<Box<dyn Write>, Refused> {
        let filling = Filling::begin(&self.shared, key, head, len);
        match filling {
            Ok(filling) => Ok(Box::new(filling)),
            Err(refused) => {
                refuse(&self.shared, &refused);
                Err(refused)
            }
        }
    }

    /// Puts another head on an object; its body is not written again unless it is small and at hand.
    fn replace_head(&self, key: &Key, content: &Arc<dyn Content>, head: &[u8]) -> bool {
        let content: &dyn Any = &**content;
        let (Some(stored), tag) = (content.downcast_ref::<Stored>(), self.tag(key)) else {
            return false;
        };
        let Some(old) = self
            .shared
            .index
            .peek(tag)
            .filter(|old| stored.is_of(tag) && stored.place() == old.place)
        else {
            return false;
        };
        let text = (key.as_bytes().len() + head.len()) as u64;
        if text > self.shared.sizes.max_text || !self.takes_writes() {
            return false;
        }
        let (record, extents) = stored.with_head(head, |bytes| self.shared.spend_allowance(bytes));
        self.shared.note_bodies(tag, &extents);
        let item = self.item(record.len() as u64, Some(tag));
        let replaced = self.shared.index.swap(tag, old.place, || {
            let placed = self.shared.append(record, item)?;
            Some(Slot::new(placed.place, placed.len).with_half_the_hits_of(old))
        });
        if replaced {
            self.shared.counters.add(Count::AdmittedByte, text);
            self.shared.schedule_flush();
        }
        replaced
    }

    fn remove(&self, key: &Key) -> bool {
        if self.shared.is_closed() {
            return false;
        }
        let tag = self.tag(key);
        let known = self.shared.index.peek(tag).is_some() || self.shared.is_rebuilding();
        if !known {
            return false;
        }
        let removed = self.shared.index.remove(tag, || self.tombstone(key));
        self.shared.schedule_flush();
        removed
    }

    fn remove_content(&self, key: &Key, content: &Arc<dyn Content>) -> bool {
        let content: &dyn Any = &**content;
        let (Some(stored), tag) = (content.downcast_ref::<Stored>(), self.tag(key)) else {
            return self.remove(key);
        };
        if self.shared.is_closed() || !stored.is_of(tag) {
            return false;
        }
        let removed = self
            .shared
            .index
            .remove_at(tag, stored.place(), || self.tombstone(key));
        self.shared.schedule_flush();
        removed
    }

    /// While the index is rebuilt, what it does not have yet may be there.
    fn has(&self, key: &Key) -> Option<bool> {
        if self.shared.is_closed() {
            return Some(false);
        }
        let slot = self.shared.index.peek(self.tag(key));
        let has = slot.is_some_and(|slot| !slot.is_tombstone());
        (has || !self.shared.is_rebuilding()).then_some(has)
    }

    fn usage(&self) -> Usage {
        let stats = self.shared.counters.snapshot();
        let budget = self.shared.sizes.budget;
        // What is reserved displaces others when it is written, and has its room twice until then.
        let bytes = self.shared.disk_bytes() + self.shared.reserved.used();
        Usage {
            entries: self.shared.index.entries(),
            bytes: bytes.min(budget),
            budget,
            evictions: stats.evicted_objects,
            refusals: self.shared.counters.refusals(),
        }
    }

    fn stats(&self) -> Stats {
        Stats::from((&self.disk_stats(), self.usage()))
    }

    /// Writes a purge to a log of its own, which is synced. After [`close`](Disk::close) nothing is written.
    fn log_purge(&self, record: &[u8]) -> Synced {
        let (syncing, synced) = Synced::pending();
        if !self.shared.is_closed() && !self.shared.health.is_given_up() {
            self.shared
                .append_purge(record, Box::new(move || syncing.done()));
        }
        synced
    }

    /// Returns the purges that were written. After an unclean end some may be missing up to the time of the restart;
    /// as long as objects may be there from before it, later restarts say so too.
    fn logged_purges(&self) -> Logged {
        let contents = self.shared.purges.contents();
        Logged {
            records: contents.records,
            missed_until: contents.floor,
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.shared.end();
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk")
            .field("recovery", &self.recovery)
            .field("stats", &self.disk_stats())
            .finish_non_exhaustive()
    }
}
