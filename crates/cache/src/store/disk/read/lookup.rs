//! A lookup: at once in the index, then by a thread of the pool in the segment.

use core::task::{Context, Poll};
use std::sync::Arc;

use super::{Stored, load::Loaded};
use crate::{
    head,
    key::Key,
    store::{
        Entry, Ticket,
        disk::{
            index::{Slot, Tag},
            log::{Lost, Segment},
            pool::{Completion, promise},
            shared::Shared,
            stats::Count,
        },
    },
};

/// A lookup that waits for the disk.
struct Looking {
    tag: Tag,
    slot: Slot,
    segment: Arc<Segment>,
    completion: Completion<Answer>,
}

type Answer = Result<Option<Loaded>, Lost>;

pub(in crate::store::disk) fn poll_lookup(
    shared: &Arc<Shared>,
    key: &Key,
    ticket: &mut Ticket,
    cx: &Context<'_>,
) -> Poll<Option<Entry>> {
    let tag = Tag::of(shared.sums.key(key.as_bytes()));
    let waiting = ticket
        .take::<Looking>()
        .filter(|looking| looking.tag == tag);
    let looking = match waiting {
        Some(looking) => *looking,
        None => match begin(shared, tag, key) {
            Ok(looking) => looking,
            Err(reason) => {
                shared.counters.one(reason);
                return Poll::Ready(None);
            }
        },
    };
    match looking.completion.poll(cx) {
        Poll::Pending => {
            ticket.leave(looking);
            Poll::Pending
        }
        Poll::Ready(answer) => Poll::Ready(looking.finish(shared, answer)),
    }
}

fn begin(shared: &Arc<Shared>, tag: Tag, key: &Key) -> Result<Looking, Count> {
    if shared.is_closed() {
        return Err(Count::MissGone);
    }
    let Some(slot) = shared.index.hit(tag) else {
        return Err(if shared.is_rebuilding() {
            Count::MissRebuilding
        } else {
            Count::MissAbsent
        });
    };
    let Some(segment) = shared.segment(slot.place.segment) else {
        shared.forget(tag, slot.place);
        return Err(Count::MissGone);
    };
    if shared.pool.waiting() >= shared.sizes.waiting_lookups {
        return Err(Count::MissBusy);
    }
    let (promise, completion) = promise();
    let looking = Looking {
        tag,
        slot,
        segment: segment.clone(),
        completion,
    };
    let at = (slot.place, slot.len());
    if segment.waiting_at(slot.place.offset).is_some() {
        promise.keep(shared.load(segment, at, key.as_bytes()));
        return Ok(looking);
    }
    let (worker, key) = (shared.clone(), key.clone());
    shared.pool.submit(move || {
        if promise.is_awaited() {
            promise.keep(worker.load(segment, at, key.as_bytes()));
        }
    });
    Ok(looking)
}

impl Looking {
    fn finish(&self, shared: &Arc<Shared>, answer: Option<Answer>) -> Option<Entry> {
        let (reason, entry) = match answer {
            Some(Ok(Some(loaded))) => (Count::Hit, Some(self.entry(shared, loaded))),
            Some(Ok(None)) => (Count::MissAbsent, None),
            Some(Err(lost)) => (self.lost(shared, &lost), None),
            None => (Count::MissGone, None),
        };
        shared.counters.one(reason);
        entry
    }

    fn entry(&self, shared: &Arc<Shared>, loaded: Loaded) -> Entry {
        let text = &loaded.record.head;
        // Room for an Age and a member of Cache-Status.
        let mut copy = Vec::with_capacity(text.len() + 128);
        copy.extend_from_slice(text);
        if self.slot.place.segment < shared.first_segment {
            head::rebase(&mut copy, shared.clock.now());
        }
        let content = Stored::new(shared.clone(), (self.tag, self.slot.place), loaded);
        Entry {
            head: copy,
            content: Arc::new(content),
        }
    }

    /// Forgets what cannot be read, unless it is not that any more which was looked for.
    fn lost(&self, shared: &Arc<Shared>, lost: &Lost) -> Count {
        let place = self.slot.place;
        let still = shared
            .index
            .peek(self.tag)
            .is_some_and(|slot| slot.place == place);
        if !still {
            return Count::MissGone;
        }
        shared.forget(self.tag, place);
        match lost {
            Lost::Gone => return Count::MissGone,
            Lost::Damaged | Lost::Unreadable => shared.note_fault(&self.segment),
        }
        match lost {
            Lost::Unreadable => Count::MissUnreadable,
            _ => Count::MissDamaged,
        }
    }
}
