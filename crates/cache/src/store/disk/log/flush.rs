//! Writing what was appended.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
};

use bytes::Bytes;

use super::{Segment, Space, append::Queued};
use crate::store::disk::{files::write_full, health::Trouble, shared::Shared, stats::Count};

/// At most so many bytes are joined into one write.
const BATCH: usize = 1 << 20;

impl Shared {
    /// Sees to it that what waits is written, by a thread of the pool.
    pub(in crate::store::disk) fn schedule_flush(self: &Arc<Self>) {
        if !self.flush_due.swap(true, Ordering::AcqRel) {
            let shared = self.clone();
            self.pool.submit(move || shared.flush());
        }
    }

    /// Writes what waits, and what comes meanwhile.
    pub(in crate::store::disk) fn flush(&self) {
        let mut space = self.space();
        loop {
            while let Some(batch) = self.take_batch() {
                self.write_batch(&mut space, batch);
            }
            self.flush_due.store(false, Ordering::Release);
            if !self.log().has_queued() || self.flush_due.swap(true, Ordering::AcqRel) {
                return;
            }
        }
    }

    /// Takes records that stand one behind the other.
    fn take_batch(&self) -> Option<Vec<Queued>> {
        let mut log = self.log();
        let mut batch = vec![log.queue.pop_front()?];
        let mut len = batch[0].bytes.len();
        let segment = batch[0].place.segment;
        while let Some(next) = log.queue.front() {
            len += next.bytes.len();
            if next.place.segment != segment || len > BATCH {
                break;
            }
            batch.extend(log.queue.pop_front());
        }
        Some(batch)
    }

    fn write_batch(&self, space: &mut Space, batch: Vec<Queued>) {
        let Some(first) = batch.first() else { return };
        let (segment, at) = (first.segment.clone(), u64::from(first.place.offset));
        let bytes = join(&batch);
        let len = bytes.len() as u64;
        let written = self.make_room(space, len, segment.number).and_then(|()| {
            self.write_out(&segment, at, &bytes)
                .map_err(|error| Trouble::of(&error))
        });
        match written {
            Ok(()) => {
                space.relax(len);
                self.settle(&segment, batch);
            }
            Err(trouble) => self.give_up(space, trouble, batch),
        }
    }

    fn write_out(&self, segment: &Segment, at: u64, bytes: &[u8]) -> io::Result<()> {
        let file = match segment.file() {
            Some(file) => file,
            None => {
                let file = self.files.create(&Segment::name_of(segment.number))?;
                segment.set_file(Some(file.clone()));
                file
            }
        };
        // Counted before: a write that fails may have written some of it.
        segment.lengthen(bytes.len() as u64);
        self.on_disk
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.counters.add(Count::WrittenByte, bytes.len() as u64);
        write_full(&*file, at, bytes)
    }

    fn settle(&self, segment: &Segment, batch: Vec<Queued>) {
        let mut pending = segment.pending();
        for queued in &batch {
            pending.remove(&queued.place.offset);
        }
        drop(pending);
        for cell in batch.iter().filter_map(|queued| queued.cell.as_ref()) {
            cell.written();
        }
        self.health.worked();
    }

    /// Forgets a batch that could not be written, and all that waits behind it: memory is for what the disk takes.
    fn give_up(&self, space: &mut Space, trouble: Trouble, mut batch: Vec<Queued>) {
        self.health.failed(trouble, self.clock.mono());
        let mut log = self.log();
        log.leave_segment();
        batch.extend(log.queue.drain(..));
        drop(log);
        for queued in &batch {
            self.forget_queued(queued);
        }
        // What the file has behind its last good record is no record, and never read as one.
        for queued in &batch {
            self.drop_if_empty(&queued.segment);
        }
        if trouble == Trouble::Full {
            self.shrink(space);
        }
    }

    fn forget_queued(&self, queued: &Queued) {
        if let Some(tag) = queued.tag {
            self.forget(tag, queued.place);
            self.counters.one(Count::Lost);
        }
        if let Some(cell) = &queued.cell {
            cell.failed();
        }
        queued.segment.pending().remove(&queued.place.offset);
    }

    fn drop_if_empty(&self, segment: &Segment) {
        if segment.len() == 0 && self.segments_mut().remove(&segment.number).is_some() {
            // The file may not even have been made.
            let _ = self.files.remove(&Segment::name_of(segment.number));
        }
    }
}

fn join(batch: &[Queued]) -> Bytes {
    if let [single] = batch {
        return single.bytes.clone();
    }
    let len = batch.iter().map(|queued| queued.bytes.len()).sum();
    let mut joined = Vec::with_capacity(len);
    for queued in batch {
        joined.extend_from_slice(&queued.bytes);
    }
    joined.into()
}
