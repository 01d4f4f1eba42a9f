//! A lookup: at once in the index, then in the segment: at once if the record is in memory, else by a thread of the pool.

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
    found: Found,
    completion: Completion<Answer>,
}

/// Where the index says that a record is.
struct Found {
    tag: Tag,
    slot: Slot,
    segment: Arc<Segment>,
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
        .filter(|looking| looking.found.tag == tag);
    let begun = match waiting {
        Some(looking) => Ok(Begun::Later(*looking)),
        None => begin(shared, tag, key),
    };
    let looking = match begun {
        Ok(Begun::Later(looking)) => looking,
        Ok(Begun::Now(entry)) => return Poll::Ready(entry),
        Err(reason) => {
            shared.counters.one(reason);
            return Poll::Ready(None);
        }
    };
    match looking.completion.poll(cx) {
        Poll::Pending => {
            ticket.leave(looking);
            Poll::Pending
        }
        Poll::Ready(answer) => Poll::Ready(looking.found.finish(shared, answer)),
    }
}

/// What a lookup comes to at first.
enum Begun {
    Now(Option<Entry>),
    Later(Looking),
}

fn begin(shared: &Arc<Shared>, tag: Tag, key: &Key) -> Result<Begun, Count> {
    let found = find(shared, tag)?;
    let at = (found.slot.place, found.slot.len());
    if let Some(bytes) = shared.at_hand(&found.segment, at) {
        let answer = shared.load_from(bytes, found.segment.clone(), at, key.as_bytes());
        return Ok(Begun::Now(found.finish(shared, Some(answer))));
    }
    if shared.pool.waiting() >= shared.sizes.waiting_lookups {
        return Err(Count::MissBusy);
    }
    let (promise, completion) = promise();
    let (worker, segment, key) = (shared.clone(), found.segment.clone(), key.clone());
    shared.pool.submit(move || {
        if promise.is_awaited() {
            promise.keep(worker.load(segment, at, key.as_bytes()));
        }
    });
    Ok(Begun::Later(Looking { found, completion }))
}

fn find(shared: &Shared, tag: Tag) -> Result<Found, Count> {
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
    Ok(Found { tag, slot, segment })
}

impl Found {
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
