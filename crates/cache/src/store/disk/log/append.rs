//! [`Log`]: where the next record goes, and what waits to be written.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;

use super::{Cell, Segment};
use crate::store::disk::{
    format::{Place, seal_place},
    gauge::Charge,
    index::Tag,
    shared::Shared,
};

/// The end of the log.
pub(in crate::store::disk) struct Log {
    active: Option<Active>,
    pub(super) queue: VecDeque<Queued>,
    next: u32,
}

struct Active {
    segment: Arc<Segment>,
    end: u64,
}

/// What hangs on a record that is appended.
pub(in crate::store::disk) struct Item {
    /// The key that leads to it, if one does.
    pub(in crate::store::disk) tag: Option<Tag>,
    /// Where the bytes of a body begin in the record, if readers hold on to them.
    pub(in crate::store::disk) body: Option<core::ops::Range<usize>>,
    /// What it takes of the write buffer.
    pub(in crate::store::disk) charge: Charge,
}

/// A record on its way to the disk.
pub(super) struct Queued {
    pub(super) segment: Arc<Segment>,
    pub(super) place: Place,
    pub(super) bytes: Bytes,
    pub(super) tag: Option<Tag>,
    pub(super) cell: Option<Arc<Cell>>,
    /// Held until the record is written or given up.
    pub(super) _charge: Charge,
}

/// Where a record was put.
pub(in crate::store::disk) struct Placed {
    pub(in crate::store::disk) place: Place,
    pub(in crate::store::disk) len: u64,
    pub(in crate::store::disk) cell: Option<Arc<Cell>>,
}

impl Log {
    pub(in crate::store::disk) const fn new(next: u32) -> Self {
        Self {
            active: None,
            queue: VecDeque::new(),
            next,
        }
    }

    pub(in crate::store::disk) fn has_queued(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Says whether records of a segment wait to be written.
    pub(super) fn awaits(&self, segment: u32) -> bool {
        let first = self.queue.front();
        first.is_some_and(|queued| queued.place.segment <= segment)
    }

    /// Begins a segment of its own with the next record.
    pub(super) fn leave_segment(&mut self) {
        self.active = None;
    }
}

impl Shared {
    /// Puts a record at the end of the log. None if there are no more numbers for segments, after 2^32 of them.
    pub(in crate::store::disk) fn append(&self, mut record: Vec<u8>, item: Item) -> Option<Placed> {
        let len = record.len() as u64;
        debug_assert!(len <= self.sizes.segment, "sizes are checked before");
        let mut log = self.log();
        let active = self.room_for(&mut log, len)?;
        let segment = active.segment.clone();
        let place = Place {
            segment: segment.number,
            offset: active.end as u32,
        };
        active.end += len;
        seal_place(&mut record, place, self.sums);
        let bytes = Bytes::from(record);
        let cell = item.body.map(|body| {
            let at = place.offset + body.start as u32;
            Cell::new(segment.clone(), at, bytes.slice(body))
        });
        segment.pending().insert(place.offset, bytes.clone());
        log.queue.push_back(Queued {
            segment,
            place,
            bytes,
            tag: item.tag,
            cell: cell.clone(),
            _charge: item.charge,
        });
        Some(Placed { place, len, cell })
    }

    fn room_for<'a>(&self, log: &'a mut Log, len: u64) -> Option<&'a mut Active> {
        let full = |active: &Active| active.end + len > self.sizes.segment;
        if log.active.as_ref().is_none_or(full) {
            let segment = Segment::planned(log.next);
            log.next = log.next.checked_add(1)?;
            self.segments_mut().insert(segment.number, segment.clone());
            log.active = Some(Active { segment, end: 0 });
        }
        log.active.as_mut()
    }
}
