//! What was asked for in a segment that leaves moves to the end of the log, piece by piece.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use bytes::Bytes;

use super::{Item, Segment};
use crate::{
    head,
    store::disk::{
        format::{HEADER, Header, Kind, Parts, Place, Record, build},
        index::{Slot, Tag},
        recover::Scan,
        shared::Shared,
        stats::Count,
    },
};

/// An object of which something lies in the segment that leaves.
struct Hot {
    tag: Tag,
    slot: Slot,
    record: Record,
    /// The body, if it is part of the record.
    body: Bytes,
}

impl Shared {
    /// Appends again what was asked for most often, as far as the allowance goes.
    pub(super) fn move_hot(&self, segment: &Segment) {
        if self.allowance.load(Ordering::Relaxed) == 0 {
            return;
        }
        for (tag, slot) in self.hot_of(segment) {
            if self.spend_allowance(slot.len()) {
                let moved = self.move_object(segment, tag, slot);
                if moved.is_none() {
                    self.give_allowance(slot.len());
                }
            }
        }
    }

    /// What was asked for and has its record in a segment, or a part of its body.
    fn hot_of(&self, segment: &Segment) -> Vec<(Tag, Slot)> {
        let mut hot = self.index.hot_in(segment.number);
        let mut bodies = segment.bodies();
        if segment.number < self.first_segment {
            bodies.extend(self.bodies_found_in(segment));
        }
        let elsewhere = bodies.into_iter().filter_map(|tag| {
            let slot = self.index.peek(tag)?;
            let is_hot = slot.hits() > 0 && !slot.is_tombstone();
            (is_hot && slot.place.segment != segment.number).then_some((tag, slot))
        });
        hot.extend(elsewhere);
        hot.sort_by_key(|(_, slot)| (core::cmp::Reverse(slot.hits()), slot.place));
        hot
    }

    /// The keys of the parts of bodies in a segment that an earlier process wrote.
    fn bodies_found_in(&self, segment: &Segment) -> BTreeSet<Tag> {
        let mut scan = Scan::new(segment, self.sums);
        let mut found = BTreeSet::new();
        while let Some((header, _)) = scan.next_record() {
            if header.kind == Kind::Extent {
                found.insert(Tag::of(header.hash));
            }
        }
        found
    }

    fn move_object(&self, from: &Segment, tag: Tag, slot: Slot) -> Option<()> {
        let hot = self.read_hot(from, tag, slot)?;
        let header = hot.record.header;
        let extents = if header.extents == 0 {
            vec![]
        } else {
            self.move_extents(from, tag, &hot.record)?
        };
        self.reappend(from, &hot, &extents)
    }

    /// Reads the record that a slot points at; none if nothing of it lies in the segment that leaves.
    fn read_hot(&self, from: &Segment, tag: Tag, slot: Slot) -> Option<Hot> {
        let at = slot.place.offset.into();
        let bytes = if slot.place.segment == from.number {
            from.read(at, slot.len())
        } else {
            let holder = self.segment(slot.place.segment)?;
            let first = holder.read(at, HEADER as u64).ok()?;
            if Header::decode(&first, slot.place, self.sums)?.extents == 0 {
                return None;
            }
            holder.read(at, slot.len())
        };
        let bytes = bytes.ok()?;
        let header = Header::decode(&bytes, slot.place, self.sums)?;
        let record = Record::read(header, &bytes, self.sums)?;
        if header.record_len() != slot.len() {
            return None;
        }
        let start = usize::try_from(record.body_at()).ok()?;
        let end = start.checked_add(usize::try_from(header.inline_len()).ok()?)?;
        let body = bytes.get(start..end).map(|body| bytes.slice_ref(body))?;
        let held = header.extents > 0 || self.holds(&record, 0, &body);
        held.then_some(Hot {
            tag,
            slot,
            record,
            body,
        })
    }

    /// Appends the parts of a body again that lie in a segment, and returns where all its parts are then.
    fn move_extents(&self, from: &Segment, tag: Tag, record: &Record) -> Option<Vec<Place>> {
        let header = &record.header;
        let each = u64::from(header.extent_len);
        let part = |number: u64| each.min(header.body_len - number * each);
        let mine = record
            .extents
            .iter()
            .zip(0..)
            .filter(|(place, _)| place.segment == from.number);
        let needed: u64 = mine
            .clone()
            .map(|(_, number)| part(number) + HEADER as u64)
            .sum();
        if needed == 0 || !self.spend_allowance(needed) {
            return None;
        }
        let (mut moved, mut left) = (record.extents.clone(), needed);
        for (place, number) in mine {
            let len = part(number);
            let at = self.move_extent(from, record, (*place, number, len));
            let Some(at) = at else {
                self.give_allowance(left);
                return None;
            };
            left -= len + HEADER as u64;
            moved[number as usize] = at;
        }
        self.note_bodies(tag, &moved);
        Some(moved)
    }

    fn move_extent(
        &self,
        from: &Segment,
        record: &Record,
        (place, number, len): (Place, u64, u64),
    ) -> Option<Place> {
        let bytes = from.read(place.offset.into(), len).ok()?;
        let first = number * u64::from(record.header.extent_len) / record.header.chunk();
        if bytes.len() as u64 != len || !self.holds(record, first, &bytes) {
            return None;
        }
        let header = Header {
            kind: Kind::Extent,
            body_len: len,
            ..record.header
        };
        let parts = Parts {
            body: &bytes,
            ..Parts::default()
        };
        let extent = build(&header, parts, self.sums);
        self.counters
            .add(Count::ReappendedByte, extent.len() as u64);
        let item = self.moving(extent.len() as u64, None);
        let mut place = self.append(extent, item)?.place;
        place.offset += HEADER as u32;
        Some(place)
    }

    fn reappend(&self, from: &Segment, hot: &Hot, extents: &[Place]) -> Option<()> {
        let (record, old) = (&hot.record, hot.slot);
        let mut text = record.head.to_vec();
        if old.place.segment < self.first_segment {
            head::rebase(&mut text, self.clock.now());
        }
        let parts = Parts {
            key: &record.key,
            head: &text,
            trailers: &record.trailers,
            extents,
            chunks: &record.chunks,
            body: &hot.body,
        };
        let bytes = build(&record.header, parts, self.sums);
        let len = bytes.len() as u64;
        let item = self.moving(len, Some(hot.tag));
        // A body that lies in several segments is the colder for each round, not for each of them.
        let first = extents.first().zip(record.extents.first());
        let begins = first.is_none_or(|(_, was)| was.segment == from.number);
        let moved = self.index.swap(hot.tag, old.place, || {
            let placed = self.append(bytes, item)?;
            let slot = Slot::new(placed.place, placed.len);
            Some(if begins {
                slot.with_half_the_hits_of(old)
            } else {
                slot.with_the_hits_of(old)
            })
        });
        moved.then(|| {
            self.counters.one(Count::Reappended);
            self.counters.add(Count::ReappendedByte, len);
        })
    }

    fn moving(&self, len: u64, tag: Option<Tag>) -> Item {
        let mut charge = self.buffer.charge();
        // Bounded by the allowance, which never holds more than a quarter of a segment.
        charge.grow_past_limit(len);
        Item {
            tag,
            body: None,
            charge,
        }
    }

    /// Whether bytes are what was written as the chunks of a body from one on.
    fn holds(&self, record: &Record, first: u64, bytes: &[u8]) -> bool {
        let Some(sums) = usize::try_from(first)
            .ok()
            .and_then(|first| record.chunks.get(first..))
        else {
            return false;
        };
        self.checked(bytes, (&record.header, first), sums) == bytes.len()
    }

    /// Remembers for each segment that a part of a key's body lies there.
    pub(in crate::store::disk) fn note_bodies(&self, tag: Tag, extents: &[Place]) {
        let segments = self.segments();
        let mut last = None;
        for place in extents {
            if last != Some(place.segment) {
                last = Some(place.segment);
                if let Some(segment) = segments.get(&place.segment) {
                    segment.note_body(tag);
                }
            }
        }
    }

    /// Lets so many committed bytes pay for others to be written again.
    pub(in crate::store::disk) fn earn_allowance(&self, committed: u64) {
        self.give_allowance(committed * self.sizes.reappend_percent / 100);
    }

    fn give_allowance(&self, bytes: u64) {
        let most = self.sizes.segment / 4;
        let sum = |have: u64| Some(have.saturating_add(bytes).min(most));
        let _ = self
            .allowance
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum);
    }

    pub(in crate::store::disk) fn spend_allowance(&self, bytes: u64) -> bool {
        let rest = |have: u64| have.checked_sub(bytes);
        self.allowance
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest)
            .is_ok()
    }
}
