//! [`Stored`]: the body of an object that a lookup found.

use core::task::{Context, Poll};
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;

use super::{Run, load::Loaded, poll_run};
use crate::store::{
    Content, Medium, ReadError, Ticket,
    disk::{
        format::{Header, Parts, Place, Record, build, read_trailers},
        index::Tag,
        log::{Lost, Segment},
        shared::Shared,
        stats::Count,
    },
};

/// An object on disk, or one that still waits to be written. It holds its segments, so that they can be read even
/// after they left.
pub(in crate::store::disk) struct Stored {
    shared: Arc<Shared>,
    tag: Tag,
    place: Place,
    record: Record,
    front: Bytes,
    segments: Vec<Arc<Segment>>,
}

impl Stored {
    pub(super) fn new(shared: Arc<Shared>, (tag, place): (Tag, Place), loaded: Loaded) -> Self {
        Self {
            shared,
            tag,
            place,
            record: loaded.record,
            front: loaded.front,
            segments: loaded.segments,
        }
    }

    pub(in crate::store::disk) fn is_of(&self, tag: Tag) -> bool {
        self.tag == tag
    }

    pub(in crate::store::disk) fn place(&self) -> Place {
        self.place
    }

    /// A record of the same body under another head: with the body if that is at hand and `again` allows to write it
    /// again, else with its place. Returns the places of the body that are not in the record, too.
    pub(in crate::store::disk) fn with_head(
        &self,
        head: &[u8],
        again: impl FnOnce(u64) -> bool,
    ) -> (Vec<u8>, Vec<Place>) {
        let header = &self.record.header;
        let whole = self.front.len() as u64 == header.body_len;
        let inline = whole && (self.front.is_empty() || again(header.body_len));
        let (extents, extent_len) = if inline { (vec![], 0) } else { self.extents() };
        let parts = Parts {
            key: &self.record.key,
            head,
            trailers: &self.record.trailers,
            extents: &extents,
            chunks: &self.record.chunks,
            body: if inline { &self.front } else { &[] },
        };
        let header = Header {
            extent_len,
            ..*header
        };
        let record = build(&header, parts, self.shared.sums);
        (record, extents)
    }

    fn extents(&self) -> (Vec<Place>, u32) {
        let header = &self.record.header;
        if header.extents > 0 {
            return (self.record.extents.clone(), header.extent_len);
        }
        let place = Place {
            offset: self.place.offset + self.record.body_at() as u32,
            ..self.place
        };
        let len = header.body_len.next_multiple_of(header.chunk());
        (vec![place], len as u32)
    }

    /// The run of chunks that an offset of the body lies in.
    fn run_at(&self, at: u64) -> Option<Run> {
        let header = self.record.header;
        let first = at / header.chunk();
        let start = first * header.chunk();
        let extent_len = u64::from(header.extent_len);
        let (number, skip, end, base) = if header.extents == 0 {
            let base = u64::from(self.place.offset) + self.record.body_at();
            (0, start, header.body_len, base)
        } else {
            let number = start / extent_len;
            let extent = self.record.extents.get(usize::try_from(number).ok()?)?;
            let end = header.body_len.min((number + 1) * extent_len);
            (
                number,
                start - number * extent_len,
                end,
                u64::from(extent.offset),
            )
        };
        let sums = self.record.chunks.get(usize::try_from(first).ok()?..)?;
        let most = (Run::LONGEST / header.chunk()).max(1);
        Some(Run {
            header,
            segment: self.segments.get(number as usize)?.clone(),
            at: base + skip,
            len: (end - start).min(most * header.chunk()),
            first,
            sums: sums.iter().take(most as usize).copied().collect(),
        })
    }

    /// The object leaves; whoever asks next gets it from elsewhere.
    fn lost(&self, lost: &Lost, at: u64) {
        self.shared.forget(self.tag, self.place);
        if matches!(lost, Lost::Gone) {
            return;
        }
        self.shared.counters.one(Count::DamagedBody);
        if let Some(run) = self.run_at(at) {
            self.shared.note_fault(&run.segment);
        }
    }
}

impl Content for Stored {
    fn poll_read(
        &self,
        at: u64,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Bytes, ReadError>> {
        if at >= self.record.header.body_len {
            return Poll::Ready(Ok(Bytes::new()));
        }
        if at < self.front.len() as u64 {
            return Poll::Ready(Ok(self.front.slice(at as usize..)));
        }
        let lost = |lost: &Lost| self.lost(lost, at);
        poll_run(&self.shared, at, (ticket, cx), || self.run_at(at), lost)
    }

    fn len(&self) -> Option<u64> {
        Some(self.record.header.body_len)
    }

    fn trailers(&self) -> Option<HeaderMap> {
        read_trailers(&self.record.trailers)
    }

    fn medium(&self) -> Medium {
        Medium::Disk
    }
}
