//! [`PurgeLog`], and how it is written.

use std::{
    io, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::codec::{Contents, encode_record, epoch_of};
use crate::store::disk::{
    files::{File, Files, read_whole, write_full},
    format::Sums,
    shared::Shared,
    stats::Count,
    superblock::replace,
};

/// Called when a record is safe; dropped, it is not.
pub(in crate::store::disk) type Done = Box<dyn FnOnce() + Send>;

/// The purges that were written, and those that wait for it.
pub(in crate::store::disk) struct PurgeLog {
    waiting: Mutex<Vec<(Vec<u8>, Done)>>,
    written: Mutex<Written>,
}

struct Written {
    contents: Contents,
    /// The file and its length; none if it has to be written anew.
    file: Option<(Arc<dyn File>, u64)>,
}

const NAME: &str = "purges";

impl PurgeLog {
    /// Reads the log of a folder, as far as it is good; the second value is its length if all of it is.
    pub(in crate::store::disk) fn read(
        files: &dyn Files,
        sums: Sums,
        most: u64,
    ) -> io::Result<(Self, Option<u64>)> {
        let bytes = match files.open(NAME) {
            // An earlier run may have had a larger budget.
            Ok(file) => read_whole(&*file, most.max(1 << 20))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let (contents, whole) = Contents::decode(&bytes, sums);
        let log = Self {
            waiting: Mutex::default(),
            written: Mutex::new(Written {
                contents,
                file: None,
            }),
        };
        Ok((log, whole.map(|()| bytes.len() as u64)))
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Vec<u8>, Done)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::store::disk) fn contents(&self) -> Contents {
        self.written().contents.clone()
    }

    /// The length of the file, if it is as it should be.
    pub(in crate::store::disk) fn len(&self) -> Option<u64> {
        self.written().file.as_ref().map(|(_, len)| *len)
    }

    /// Says that purges up to an epoch may be missing, for this process and all that follow.
    pub(in crate::store::disk) fn raise_floor(&self, epoch: u64) {
        let mut written = self.written();
        written.contents.floor = written.contents.floor.max(epoch);
    }

    /// Writes the log anew.
    pub(in crate::store::disk) fn rewrite(&self, files: &dyn Files, sums: Sums) -> io::Result<u64> {
        self.written().rewrite(files, sums)
    }
}

impl Shared {
    /// Takes a record; a thread of the pool writes and syncs it, together with others that came meanwhile.
    pub(in crate::store::disk) fn append_purge(self: &Arc<Self>, record: &[u8], done: Done) {
        let mut waiting = self.purges.waiting();
        waiting.push((record.to_vec(), done));
        let first = waiting.len() == 1;
        drop(waiting);
        if first {
            let shared = self.clone();
            self.pool.submit(move || shared.write_purges());
        }
    }

    /// Writes what waits; on failure it counts as not safe, and stays in the log for the next try.
    pub(in crate::store::disk) fn write_purges(&self) {
        let mut written = self.purges.written();
        let waiting = mem::take(&mut *self.purges.waiting());
        if waiting.is_empty() {
            return;
        }
        let (records, done): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
        let safe = written.add(self, records);
        drop(written);
        if let Ok(bytes) = safe {
            self.counters.add(Count::WrittenByte, bytes);
            done.into_iter().for_each(|done| done());
        }
    }
}

impl Written {
    fn add(&mut self, shared: &Shared, records: Vec<Vec<u8>>) -> io::Result<u64> {
        let before = self.contents.records.len();
        self.contents.records.extend(records);
        let file = self.file.take();
        if self.drop_oldest(shared.sizes.purge_log) {
            return self.rewrite(&*shared.files, shared.sums);
        }
        let Some((file, at)) = file else {
            return self.rewrite(&*shared.files, shared.sums);
        };
        let mut bytes = Vec::new();
        for record in &self.contents.records[before..] {
            encode_record(record, at + bytes.len() as u64, shared.sums, &mut bytes);
        }
        write_full(&*file, at, &bytes)?;
        file.sync()?;
        let added = bytes.len() as u64;
        self.file = Some((file, at + added));
        Ok(added)
    }

    fn rewrite(&mut self, files: &dyn Files, sums: Sums) -> io::Result<u64> {
        let bytes = self.contents.encode(sums);
        replace(files, NAME, &bytes)?;
        self.file = Some((files.open(NAME)?, bytes.len() as u64));
        Ok(bytes.len() as u64)
    }

    /// Drops the older half when the log is longer than it may be, and remembers up to where.
    fn drop_oldest(&mut self, most: u64) -> bool {
        let mut len: u64 = 24
            + self
                .contents
                .records
                .iter()
                .map(|record| cost(record))
                .sum::<u64>();
        if len <= most {
            return false;
        }
        let mut dropped = 0;
        for record in &self.contents.records {
            if len <= most / 2 {
                break;
            }
            len -= cost(record);
            dropped += 1;
            self.contents.floor = self.contents.floor.max(epoch_of(record));
        }
        self.contents.records.drain(..dropped);
        true
    }
}

fn cost(record: &[u8]) -> u64 {
    record.len() as u64 + 12
}
