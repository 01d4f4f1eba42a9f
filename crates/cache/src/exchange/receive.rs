//! [`receive`]: what an origin's answer means for what is stored and for the client.

use core::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, StatusCode, header::DATE};

use super::Selected;
use crate::{
    field::HttpDate,
    head::{Head, Parts, Record, bare_head, whole_fields},
    key::Key,
    policy::{
        Freshened, Meta, NotStored, OnError, Part, Policy, RequestHead, ResponseHead, Times,
        is_of_same,
    },
};

/// What to do with an origin's answer.
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Received {
    /// Store it while it is sent on.
    Store(Placement),
    /// Store it as a part of the whole while it is sent on.
    StorePart(Box<PartPlacement>),
    /// The stored response still holds, under this head: put it there and serve it.
    Freshened(Head),
    /// The origin failed, and the stored response may stand in for it.
    ServeStale,
    /// A 304 about something that is not stored: ask again without conditions.
    Refetch,
    /// Send it on without storing it.
    Pass(NotStored),
}

/// Where a response is stored.
#[derive(Clone, Debug)]
pub struct Placement {
    /// Its key.
    pub key: Key,
    /// Its head.
    pub head: Head,
    /// What has to be stored under the key of the URI, so that lookups find the variant.
    pub variants: Option<Vec<u8>>,
}

/// Where a part of a response is stored.
#[derive(Clone, Debug)]
pub struct PartPlacement {
    /// Its key and head, and what leads to the response that it is a part of.
    pub placement: Placement,
    /// The key of that response.
    pub key: Key,
    /// Its offsets in the whole; the end is not included.
    pub range: Range<u64>,
    parts: Parts,
}

impl PartPlacement {
    /// Returns the head of the whole response.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.parts.head
    }

    /// Makes this the first of slices of one size; says whether it is one, and others may follow.
    #[must_use]
    pub fn cut_in_slices(&mut self, size: u64) -> bool {
        self.parts.slice = size;
        let (start, end) = (self.range.start, self.range.end);
        let ends = end == self.parts.complete || (end - start) == size;
        start % size == 0 && end - start <= size && ends && self.parts.strong_tag().is_some()
    }

    /// What a lookup will lead to when this is stored.
    pub fn selected(&self, asked: &Selected) -> Selected {
        asked.with_parts(
            self.key.clone(),
            self.placement.variants.as_deref(),
            self.parts.clone(),
        )
    }

    /// Notes the epoch of purges at which the part was asked for. Those it is combined with were found to hold then.
    pub fn set_asked(&mut self, epoch: u64) {
        self.placement.head.set_asked(epoch);
        self.parts.head.set_asked(epoch);
    }

    /// Says whether this part can be combined with those that a lookup led to.
    #[must_use]
    pub fn continues(&self, selected: &Selected) -> bool {
        selected
            .parts()
            .is_some_and(|known| known.set == self.parts.set)
    }

    /// Returns what has to be stored under the key of the response, so that lookups find the part: `known` is what
    /// is stored there now. `None` if the whole is, or another's parts that came meanwhile.
    #[must_use]
    pub fn record(&self, known: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let known = known.and_then(|bytes| Record::read(bytes).ok());
        let mut parts = match known {
            Some(Record::Response(_)) => return None,
            Some(Record::Parts(known)) if known.set == self.parts.set => Parts {
                head: self.parts.head.clone(),
                ..known
            },
            // Parts of a set that is gone are gone.
            _ => Parts {
                pieces: Vec::new(),
                ..self.parts.clone()
            },
        };
        if parts.is_sliced() {
            return Some(parts.to_bytes());
        }
        if !parts.add(self.range.clone()) {
            parts.pieces.clear();
            parts.add(self.range.clone());
        }
        Some(parts.to_bytes())
    }
}

/// Decides about the answer to a request that carried the validators of what is stored, if anything is.
///
/// `request` is the client's request: its fields select the variant.
pub fn receive(
    policy: &Policy,
    request: RequestHead<'_>,
    answer: ResponseHead<'_>,
    selected: &Selected,
    times: Times,
) -> Received {
    if let Some(stored) = selected.head() {
        if answer.status == StatusCode::NOT_MODIFIED {
            return match policy.freshen(request, stored, answer, times) {
                Freshened::Updated(head) => Received::Freshened(head),
                Freshened::Mismatch => Received::Refetch,
            };
        }
        let stale = policy.on_error(request, stored.meta(), times.response);
        if Policy::is_failure(answer.status) && stale != OnError::Forbidden {
            return Received::ServeStale;
        }
    }
    match policy.keep(request, answer, times) {
        Ok(head) => Received::Store(place(request, answer, selected, head)),
        Err(NotStored::Partial) if selected.head().is_none() => {
            match policy.part(request, answer, times) {
                Ok(part) => {
                    Received::StorePart(Box::new(place_part(request, answer, selected, &part)))
                }
                Err(reason) => Received::Pass(reason),
            }
        }
        Err(reason) => Received::Pass(reason),
    }
}

/// Where another variant is to be stored that a 304 chose for this request, under its updated head.
#[cfg(feature = "tower")]
pub(crate) fn copy_of(
    policy: &Policy,
    request: RequestHead<'_>,
    (selected, chosen): (&Selected, &Head),
    answer: ResponseHead<'_>,
    times: Times,
) -> Option<Placement> {
    let Freshened::Updated(head) = policy.freshen(request, chosen, answer, times) else {
        return None;
    };
    let fresh_set = fresh_set(head.meta());
    let (key, variants) = selected.place(&head.to_headers(), request, fresh_set);
    Some(Placement {
        key,
        head,
        variants,
    })
}

/// RFC 9111 section 3.4: parts are combined under one strong validator; others take the place of what is stored.
fn place_part(
    request: RequestHead<'_>,
    answer: ResponseHead<'_>,
    selected: &Selected,
    part: &Part,
) -> PartPlacement {
    let mut headers = whole_fields(answer.headers, part.complete);
    add_date(&mut headers, &part.meta);
    let fresh_set = fresh_set(&part.meta);
    let (key, variants) = selected.place(answer.headers, request, fresh_set);
    let known = selected.parts().filter(|known| {
        let same = key == *selected.key() && is_of_same(&known.head, answer.headers);
        same && known.complete == part.complete
    });
    let parts = Parts {
        set: known.map_or(fresh_set, |known| known.set),
        complete: part.complete,
        slice: known.map_or(0, |known| known.slice),
        pieces: Vec::new(),
        head: Head::new(part.meta, &headers),
    };
    PartPlacement {
        placement: Placement {
            key: key.piece(parts.set, part.start),
            head: bare_head(part.meta),
            variants,
        },
        key,
        range: part.start..part.end,
        parts,
    }
}

fn place(
    request: RequestHead<'_>,
    answer: ResponseHead<'_>,
    selected: &Selected,
    head: Head,
) -> Placement {
    let fresh_set = fresh_set(head.meta());
    let (key, variants) = selected.place(answer.headers, request, fresh_set);
    Placement {
        key,
        head,
        variants,
    }
}

/// RFC 9110 section 6.6.1: a response without Date gets the time at which it arrived.
fn add_date(headers: &mut HeaderMap, meta: &Meta) {
    if headers.contains_key(DATE) {
        return;
    }
    let date = HttpDate::from(meta.received.wall).to_string();
    if let Ok(value) = date.try_into() {
        headers.insert(DATE, value);
    }
}

/// A number that no set of variants had before, in this process or, by the time in it, an earlier one.
fn fresh_set(meta: &Meta) -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    meta.received.wall.as_secs() << 32 | (count & 0xffff_ffff)
}
