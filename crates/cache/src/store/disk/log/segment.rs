//! [`Segment`]: one file of the log.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;

use crate::store::disk::{
    files::{File, read_full},
    format::Place,
    index::Tag,
};

/// One file of the log, and what of it is not written yet. Who holds one can read it, though its name may be gone.
pub(in crate::store::disk) struct Segment {
    pub(in crate::store::disk) number: u32,
    file: RwLock<Option<Arc<dyn File>>>,
    pending: Mutex<BTreeMap<u32, Bytes>>,
    /// The keys of which a part of the body was put here by this process, apart from the record that leads to it.
    bodies: Mutex<BTreeSet<Tag>>,
    /// Up to here the file is written.
    len: AtomicU64,
    faults: AtomicU64,
}

/// Bytes that cannot be read.
#[derive(Debug)]
pub(in crate::store::disk) enum Lost {
    /// They are not those that were written.
    Damaged,
    /// They left.
    Gone,
    /// The system reports an error.
    Unreadable,
}

impl Segment {
    /// A segment whose file is made when it is first written.
    pub(super) fn planned(number: u32) -> Arc<Self> {
        Self::make(number, None, 0)
    }

    /// A segment that was found.
    pub(in crate::store::disk) fn found(number: u32, file: Arc<dyn File>, len: u64) -> Arc<Self> {
        Self::make(number, Some(file), len)
    }

    fn make(number: u32, file: Option<Arc<dyn File>>, len: u64) -> Arc<Self> {
        Arc::new(Self {
            number,
            file: RwLock::new(file),
            pending: Mutex::default(),
            bodies: Mutex::default(),
            len: AtomicU64::new(len),
            faults: AtomicU64::new(0),
        })
    }

    pub(in crate::store::disk) fn name_of(number: u32) -> String {
        format!("{number:010}.segment")
    }

    /// The number in a file's name, if it is that of a segment.
    pub(in crate::store::disk) fn number_in(name: &str) -> Option<u32> {
        let number = name.strip_suffix(".segment")?.parse().ok()?;
        (Self::name_of(number) == name).then_some(number)
    }

    pub(in crate::store::disk) fn len(&self) -> u64 {
        self.len.load(Ordering::Acquire)
    }

    pub(super) fn lengthen(&self, bytes: u64) {
        self.len.fetch_add(bytes, Ordering::Release);
    }

    pub(in crate::store::disk) fn file(&self) -> Option<Arc<dyn File>> {
        let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
        file.clone()
    }

    pub(super) fn set_file(&self, file: Option<Arc<dyn File>>) {
        *self.file.write().unwrap_or_else(PoisonError::into_inner) = file;
    }

    pub(super) fn pending(&self) -> MutexGuard<'_, BTreeMap<u32, Bytes>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record at an offset, if it still waits to be written.
    pub(in crate::store::disk) fn waiting_at(&self, offset: u32) -> Option<Bytes> {
        self.pending().get(&offset).cloned()
    }

    /// Bytes of a record that still waits to be written.
    pub(in crate::store::disk) fn waiting_within(&self, at: u64, len: u64) -> Option<Bytes> {
        let pending = self.pending();
        let (start, record) = pending.range(..=u32::try_from(at).ok()?).next_back()?;
        let from = usize::try_from(at - u64::from(*start)).ok()?;
        let end = from.checked_add(usize::try_from(len).ok()?)?;
        let bytes = record.get(from..end)?;
        Some(record.slice_ref(bytes))
    }

    pub(super) fn note_body(&self, tag: Tag) {
        let mut bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        bodies.insert(tag);
    }

    pub(super) fn bodies(&self) -> BTreeSet<Tag> {
        let bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        bodies.clone()
    }

    /// Reads so many bytes; fewer if the file ends.
    pub(in crate::store::disk) fn read(&self, at: u64, len: u64) -> Result<Bytes, Lost> {
        if let Some(bytes) = self.waiting_within(at, len) {
            return Ok(bytes);
        }
        let file = self.file().ok_or(Lost::Gone)?;
        let len = usize::try_from(len).map_err(|_| Lost::Damaged)?;
        let mut bytes = vec![0; len];
        match read_full(&*file, at, &mut bytes) {
            Ok(read) => {
                bytes.truncate(read);
                Ok(bytes.into())
            }
            Err(error) => Err(self.lost(&error)),
        }
    }

    /// Reads so many bytes if that takes no waiting for the disk.
    pub(in crate::store::disk) fn read_now(&self, at: u64, len: u64) -> Option<Vec<u8>> {
        let file = self.file()?;
        let mut bytes = vec![0; usize::try_from(len).ok()?];
        let read = file.read_now(at, &mut bytes)?;
        (read == bytes.len()).then_some(bytes)
    }

    fn lost(&self, error: &io::Error) -> Lost {
        if self.file().is_none() && error.kind() == io::ErrorKind::NotFound {
            return Lost::Gone;
        }
        Lost::Unreadable
    }

    /// Counts a read that failed, and says whether there were so many that the segment is given up.
    pub(in crate::store::disk) fn is_beyond_repair(&self) -> bool {
        self.faults.fetch_add(1, Ordering::Relaxed) + 1 >= MOST_FAULTS
    }
}

/// So many failed reads, and a segment is given up: each costs the disk long retries.
const MOST_FAULTS: u64 = 16;

/// Bytes of a body in a segment. They are held in memory until they are written, and for good if that fails.
pub(in crate::store::disk) struct Cell {
    pub(in crate::store::disk) segment: Arc<Segment>,
    pub(in crate::store::disk) at: u32,
    memory: Mutex<Option<Bytes>>,
    failed: AtomicBool,
}

impl Cell {
    pub(in crate::store::disk) fn new(segment: Arc<Segment>, at: u32, bytes: Bytes) -> Arc<Self> {
        Arc::new(Self {
            segment,
            at,
            memory: Mutex::new(Some(bytes)),
            failed: AtomicBool::new(false),
        })
    }

    /// Where the bytes are.
    pub(in crate::store::disk) fn place(&self) -> Place {
        Place {
            segment: self.segment.number,
            offset: self.at,
        }
    }

    pub(in crate::store::disk) fn memory(&self) -> Option<Bytes> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.clone()
    }

    pub(super) fn written(&self) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        *memory = None;
    }

    pub(super) fn failed(&self) {
        self.failed.store(true, Ordering::Release);
    }

    pub(in crate::store::disk) fn is_lost(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_are_ours_have_numbers() {
        assert_eq!(Segment::number_in(&Segment::name_of(7)), Some(7));
        assert_eq!(
            Segment::number_in(&Segment::name_of(u32::MAX)),
            Some(u32::MAX)
        );
        for name in [
            "7.segment",
            "0000000007.segment.tmp",
            "+000000007.segment",
            "99999999999.segment",
        ] {
            assert_eq!(Segment::number_in(name), None, "{name}");
        }
    }
}
