//! Making room: the oldest segment leaves.

use std::{
    mem,
    sync::{Arc, atomic::Ordering},
};

use super::Segment;
use crate::store::disk::{health::Trouble, shared::Shared, stats::Count};

/// What only who makes room needs; its lock is held while the disk is written.
#[derive(Default)]
pub(in crate::store::disk) struct Space {
    /// Segments that left while somebody read them, the oldest first.
    leaving: Vec<Leaving>,
    /// The most bytes that the disk turned out to have for us, where that is less than the budget.
    ceiling: Option<u64>,
}

struct Leaving {
    segment: Arc<Segment>,
    len: u64,
    name: Name,
}

#[derive(PartialEq, Eq)]
enum Name {
    Gone,
    Stays,
}

impl Shared {
    /// Sees to it that so many bytes can be written into the segment of a number.
    pub(super) fn make_room(
        &self,
        space: &mut Space,
        bytes: u64,
        writing: u32,
    ) -> Result<(), Trouble> {
        loop {
            self.reap(space);
            let most = self
                .room_for_segments()
                .min(space.ceiling.unwrap_or(u64::MAX));
            let used = self.on_disk.load(Ordering::Relaxed);
            if used.saturating_add(bytes) <= most {
                return Ok(());
            }
            let held: u64 = space.leaving.iter().map(|leaving| leaving.len).sum();
            let oldest = self.oldest_before(writing);
            match oldest {
                Some(oldest) if held <= self.sizes.budget / 4 => self.evict(space, &oldest),
                _ if space.revoke_oldest() => {}
                Some(oldest) => self.evict(space, &oldest),
                None if space.ceiling.take().is_some() => {}
                None => return Err(Trouble::Full),
            }
        }
    }

    /// Evicts until a smaller budget than that of an earlier run is kept.
    pub(in crate::store::disk) fn fit_budget(&self) {
        let mut space = self.space();
        // Only segments that cannot be removed stay, and they are counted.
        let _ = self.make_room(&mut space, 0, u32::MAX);
    }

    /// After the disk was found full: goes on within what it had room for, less a segment.
    pub(super) fn shrink(&self, space: &mut Space) {
        if let Some(oldest) = self.oldest_before(self.newest()) {
            space.ceiling = Some(self.on_disk.load(Ordering::Relaxed));
            self.evict(space, &oldest);
            self.reap(space);
        }
    }

    fn room_for_segments(&self) -> u64 {
        self.sizes.budget.saturating_sub(self.overhead())
    }

    fn newest(&self) -> u32 {
        self.segments().keys().next_back().copied().unwrap_or(0)
    }

    fn oldest_before(&self, number: u32) -> Option<Arc<Segment>> {
        let segments = self.segments();
        let oldest = segments.range(..number).next();
        oldest.map(|(_, segment)| segment.clone())
    }

    fn evict(&self, space: &mut Space, segment: &Arc<Segment>) {
        self.move_hot(segment);
        self.retire(space, segment);
        self.counters.one(Count::EvictedSegment);
    }

    /// Takes a segment out of use.
    fn retire(&self, space: &mut Space, segment: &Arc<Segment>) {
        self.segments_mut().remove(&segment.number);
        let gone = self.index.drop_segment(segment.number);
        self.counters.add(Count::EvictedObject, gone);
        space.leaving.push(Leaving {
            segment: segment.clone(),
            len: segment.len(),
            name: Name::Stays,
        });
    }

    /// Removes the names of segments that left, and counts out those that nobody reads any more.
    fn reap(&self, space: &mut Space) {
        for mut leaving in mem::take(&mut space.leaving) {
            let name = Segment::name_of(leaving.segment.number);
            if leaving.name == Name::Stays && self.files.remove(&name).is_ok() {
                leaving.name = Name::Gone;
            }
            let read = Arc::strong_count(&leaving.segment) > 1 && leaving.segment.file().is_some();
            if leaving.name == Name::Gone && !read {
                self.on_disk.fetch_sub(leaving.len, Ordering::Relaxed);
            } else {
                space.leaving.push(leaving);
            }
        }
    }

    /// Gives up a segment that cannot be read; its room is free when room is made next.
    pub(in crate::store::disk) fn give_up_segment(&self, segment: &Arc<Segment>) {
        // Who reads does not wait for who writes: the next fault asks again.
        let Some(mut space) = self.try_space() else {
            return;
        };
        let is_written = self.newest() > segment.number && !self.log().awaits(segment.number);
        if is_written && self.segments().contains_key(&segment.number) {
            self.retire(&mut space, segment);
        }
    }
}

impl Space {
    /// Tries the disk for a little more than it had room for, in step with what is written.
    pub(super) fn relax(&mut self, written: u64) {
        self.ceiling = self.ceiling.map(|most| most.saturating_add(written / 8));
    }

    /// Takes the oldest of the segments that left from those who still read it; their reads end in an error.
    fn revoke_oldest(&self) -> bool {
        let read =
            |leaving: &&Leaving| leaving.name == Name::Gone && leaving.segment.file().is_some();
        let Some(oldest) = self.leaving.iter().find(read) else {
            return false;
        };
        oldest.segment.set_file(None);
        true
    }
}
