//! [`Loaded`]: a record read from its segment, with the beginning of its body.

use std::sync::Arc;

use bytes::Bytes;

use crate::store::disk::{
    format::{HEADER, Header, Kind, Place, Record},
    log::{Lost, Segment},
    shared::Shared,
    stats::Count,
};

/// A record whose text is checked, and so much of its body as came along and is checked too.
pub(super) struct Loaded {
    pub(super) record: Record,
    pub(super) front: Bytes,
    /// The segments of its extents in order, or its own alone.
    pub(super) segments: Vec<Arc<Segment>>,
}

/// How much a lookup reads at first: a chunk, and the text of nearly all responses.
const FIRST: u64 = (64 + 16) * 1024;

impl Shared {
    /// The bytes of a record that need no waiting: those that are not written yet, or a short one that the system has in
    /// memory.
    pub(super) fn at_hand(&self, segment: &Segment, (place, len): (Place, u64)) -> Option<Bytes> {
        if let Some(bytes) = segment.waiting_at(place.offset) {
            return Some(bytes);
        }
        if len > FIRST || self.pool.is_inline() {
            return None;
        }
        let bytes = segment.read_now(place.offset.into(), len)?;
        self.counters.one(Count::Read);
        Some(bytes.into())
    }

    /// Reads what a slot points at, in one read if it is no longer than [`FIRST`]. None if it is another key's.
    pub(super) fn load(
        &self,
        segment: Arc<Segment>,
        (place, len): (Place, u64),
        key: &[u8],
    ) -> Result<Option<Loaded>, Lost> {
        let bytes = match segment.waiting_at(place.offset) {
            Some(bytes) => bytes,
            None => self.read(&segment, place.offset.into(), len.min(FIRST))?,
        };
        self.load_from(bytes, segment, (place, len), key)
    }

    /// Checks what a slot points at, of which the beginning is read.
    pub(super) fn load_from(
        &self,
        bytes: Bytes,
        segment: Arc<Segment>,
        (place, len): (Place, u64),
        key: &[u8],
    ) -> Result<Option<Loaded>, Lost> {
        let header = Header::decode(&bytes, place, self.sums).ok_or(Lost::Damaged)?;
        if header.kind != Kind::Object || header.record_len() != len {
            return Err(Lost::Damaged);
        }
        let bytes = self.with_text(&segment, place, &header, bytes)?;
        let record = Record::read(header, &bytes, self.sums).ok_or(Lost::Damaged)?;
        if record.key != key {
            return Ok(None);
        }
        let front = self.front(&record, &bytes)?;
        let segments = self.segments_of(&record, segment)?;
        Ok(Some(Loaded {
            record,
            front,
            segments,
        }))
    }

    /// Reads the rest of the text, where it is longer than what came with the header.
    fn with_text(
        &self,
        segment: &Segment,
        place: Place,
        header: &Header,
        bytes: Bytes,
    ) -> Result<Bytes, Lost> {
        let text = HEADER as u64 + header.meta_len();
        if bytes.len() as u64 >= text {
            return Ok(bytes);
        }
        self.read(segment, place.offset.into(), text)
    }

    pub(super) fn read(&self, segment: &Segment, at: u64, len: u64) -> Result<Bytes, Lost> {
        self.counters.one(Count::Read);
        segment.read(at, len)
    }

    /// The chunks that came along whole; damage in any of them is damage of the object.
    fn front(&self, record: &Record, bytes: &Bytes) -> Result<Bytes, Lost> {
        let header = &record.header;
        let start = usize::try_from(record.body_at()).map_err(|_| Lost::Damaged)?;
        let there = bytes.len().saturating_sub(start) as u64;
        let whole = if there >= header.inline_len() {
            header.inline_len()
        } else {
            there - there % header.chunk()
        };
        let front = bytes.slice(start..start + whole as usize);
        let checked = self.checked(&front, (header, 0), &record.chunks);
        if checked < front.len() {
            return Err(Lost::Damaged);
        }
        Ok(front)
    }

    /// How many bytes from the start are those that were written; `sums` are those of the chunks from `first` on.
    pub(in crate::store::disk) fn checked(
        &self,
        bytes: &[u8],
        (header, first): (&Header, u64),
        sums: &[u64],
    ) -> usize {
        let mut checked = 0;
        let chunks = bytes.chunks(header.chunk() as usize);
        for ((chunk, number), sum) in chunks.zip(first..).zip(sums) {
            if self.sums.chunk(chunk, header.sequence, number) != *sum {
                break;
            }
            checked += chunk.len();
        }
        checked
    }

    fn segments_of(&self, record: &Record, own: Arc<Segment>) -> Result<Vec<Arc<Segment>>, Lost> {
        if record.extents.is_empty() {
            return Ok(vec![own]);
        }
        let segments = self.segments();
        let of = |place: &Place| segments.get(&place.segment).cloned();
        let all: Option<Vec<_>> = record.extents.iter().map(of).collect();
        all.ok_or(Lost::Gone)
    }
}
