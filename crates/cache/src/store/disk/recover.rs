//! Finding the keys of segments again after an unclean end, newest segment first, while the store serves already.

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;

use super::{
    format::{ALIGN, HEADER, Header, Kind, Place, Sums},
    index::{Slot, Tag},
    log::Segment,
    shared::Shared,
    stats::Count,
};

impl Shared {
    /// Scans the segments of earlier processes, each as a job of its own, so that reads come in between.
    pub(super) fn rebuild(self: &Arc<Self>) {
        self.rebuild.running.store(true, Ordering::Release);
        if self.pool.is_inline() {
            let mut below = self.first_segment;
            while let Some(scanned) = self.rebuild_next(below) {
                below = scanned;
            }
        } else {
            self.rebuild_below(self.first_segment);
        }
    }

    fn rebuild_below(self: &Arc<Self>, number: u32) {
        let shared = self.clone();
        self.pool.submit(move || {
            if let Some(scanned) = shared.rebuild_next(number) {
                shared.rebuild_below(scanned);
            }
        });
    }

    /// Scans the last segment below a number and returns its own; none if there was none.
    fn rebuild_next(&self, below: u32) -> Option<u32> {
        let next = self
            .segments()
            .range(..below)
            .next_back()
            .map(|(_, segment)| segment.clone());
        let Some(segment) = next else {
            self.rebuild_is_done();
            return None;
        };
        self.scan_into_index(&segment);
        Some(segment.number)
    }

    fn scan_into_index(&self, segment: &Arc<Segment>) {
        let mut scan = Scan::new(segment, self.sums);
        while let Some((header, place)) = scan.next_record() {
            let tag = Tag::of(header.hash);
            match header.kind {
                Kind::Object => self
                    .index
                    .restore(tag, Slot::new(place, header.record_len())),
                Kind::Tombstone => self.index.restore(tag, Slot::tombstone(place)),
                Kind::Extent => {}
            }
        }
        self.counters.add(Count::UnreadByte, scan.unread);
        if !self.segments().contains_key(&segment.number) {
            // It left while it was scanned.
            self.index.drop_segment(segment.number);
        }
    }

    fn rebuild_is_done(&self) {
        self.index.drop_tombstones();
        let took = self.clock.mono() - self.rebuild.began;
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.rebuild.took.store(nanos.max(1), Ordering::Release);
        self.rebuild.running.store(false, Ordering::Release);
    }
}

/// A walk from record to record. Where none is, it looks for the next one, over each byte once.
pub(super) struct Scan<'a> {
    segment: &'a Segment,
    sums: Sums,
    at: u64,
    end: u64,
    window: Bytes,
    window_at: u64,
    unread: u64,
}

/// How much is read at once: small records come many at a time, large ones cost a read each.
const WINDOW: u64 = 64 * 1024;

impl<'a> Scan<'a> {
    pub(super) fn new(segment: &'a Segment, sums: Sums) -> Self {
        Self {
            segment,
            sums,
            at: 0,
            end: segment.len(),
            window: Bytes::new(),
            window_at: 0,
            unread: 0,
        }
    }

    /// The next record that lies in the file as a whole.
    pub(super) fn next_record(&mut self) -> Option<(Header, Place)> {
        while self.at + (HEADER as u64) <= self.end {
            let place = Place {
                segment: self.segment.number,
                offset: u32::try_from(self.at).ok()?,
            };
            let sums = self.sums;
            let Some(bytes) = self.header_bytes() else {
                self.unread += self.end - self.at;
                return None;
            };
            match Header::decode(bytes, place, sums) {
                Some(header) if header.record_len() <= self.end - self.at => {
                    self.at += header.record_len();
                    if header.record_len() <= Slot::LONGEST {
                        return Some((header, place));
                    }
                }
                _ => {
                    self.at += ALIGN;
                    self.unread += ALIGN;
                }
            }
        }
        self.unread += self.end.saturating_sub(self.at);
        None
    }

    fn header_bytes(&mut self) -> Option<&[u8]> {
        let inside = |scan: &Self| {
            scan.at >= scan.window_at
                && scan.at + HEADER as u64 <= scan.window_at + scan.window.len() as u64
        };
        if !inside(self) {
            self.window = self
                .segment
                .read(self.at, WINDOW.min(self.end - self.at))
                .ok()?;
            self.window_at = self.at;
        }
        if !inside(self) {
            return None;
        }
        let start = (self.at - self.window_at) as usize;
        self.window.get(start..start + HEADER)
    }
}
