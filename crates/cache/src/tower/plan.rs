//! [`Plan`]: how stored parts answer a request, and what lacks.

use core::{future::poll_fn, iter, ops::Range, time::Duration};
use std::{collections::VecDeque, sync::Arc};

use eaves_common::time::Now;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE},
};

use super::{
    answer::Ask,
    assembled::{Assembled, Piece},
    multipart::Multipart,
    reader::Reader,
    respond,
    shared::Shared,
};
use crate::{
    exchange::Selected,
    head::{Head, Parts},
    policy::{Decision, Remaining, RequestHead, Revalidate, Wanted, strip_conditions},
    status::CacheStatus,
    store::{Content, Entry, Medium, Ticket},
};

/// A stored part, and where it lies in the whole.
type Kept = (Range<u64>, Arc<dyn Content>);

/// A range that is on its way from the origin.
pub(super) type Live = (Range<u64>, Reader);

/// A response that parts can answer.
pub(super) struct Plan {
    head: Head,
    complete: u64,
    wanted: Wanted,
    /// The offsets that are to be sent, in this order; none of them overlaps another.
    ranges: Vec<Range<u64>>,
    kept: Vec<Kept>,
    age: Duration,
    remaining: Remaining,
}

/// What stands between stored parts and the answer that they give.
pub(super) enum Standing {
    /// Nothing: they are fresh, and all of it is there.
    Holds,
    /// This range is not stored. It comes under the validator of the others, which so are validated with it.
    Lacks(Range<u64>),
    /// They may be served stale.
    Stale(Revalidate, Ask),
    /// The origin has to be asked first.
    Validate(Ask),
}

impl Standing {
    /// What a decision about the response means for its parts; `None` if they are not for this request.
    pub(super) fn of(decision: &Decision, ask: Ask) -> Option<Self> {
        match decision {
            Decision::Hit { .. }
            | Decision::HitRange { .. }
            | Decision::HitRanges { .. }
            | Decision::Respond304 { .. }
            | Decision::Respond416 { .. } => Some(Self::Holds),
            Decision::HitStale { revalidate, .. } => Some(Self::Stale(*revalidate, ask)),
            Decision::Validate { .. } => Some(Self::Validate(ask)),
            _ => None,
        }
    }
}

impl Plan {
    /// What is to be sent if the response may be used.
    pub(super) fn of(parts: &Parts, request: RequestHead<'_>, now: Now) -> Self {
        let wanted = Wanted::of(request, &parts.head, Some(parts.complete));
        let ranges = match &wanted {
            Wanted::Part(range) => vec![range.clone()],
            Wanted::Parts(ranges) => ranges.clone(),
            Wanted::Whole if *request.method == Method::GET => {
                iter::once(0..parts.complete).collect()
            }
            _ => Vec::new(),
        };
        Self {
            complete: parts.complete,
            wanted,
            ranges,
            kept: Vec::new(),
            age: parts.head.meta().age(now),
            remaining: parts.head.meta().remaining(now),
            head: parts.head.clone(),
        }
    }

    /// The same under a newer head of the same response.
    pub(super) fn under(self, head: Head, now: Now) -> Self {
        Self {
            age: head.meta().age(now),
            remaining: head.meta().remaining(now),
            head,
            ..self
        }
    }

    pub(super) fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }

    /// Seconds of its lifetime that are left.
    pub(super) fn ttl(&self) -> i64 {
        self.remaining.as_secs()
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    /// The offset that it begins with.
    pub(super) fn start(&self) -> u64 {
        self.ranges.first().map_or(0, |range| range.start)
    }

    /// Builds the head of the response, and what its body is made of.
    pub(super) fn respond(
        &self,
        shared: &Shared,
        request: RequestHead<'_>,
        status: CacheStatus,
    ) -> (HeaderMap, StatusCode, Option<Multipart>) {
        let (whole, status) = (self.head.meta().status, status.ttl(self.ttl()));
        let head = self.head.clone();
        let mut headers = head.into_response(self.age, status, &shared.config.name);
        let code = match &self.wanted {
            Wanted::Part(range) => {
                respond::describe_part(&mut headers, range, self.complete);
                StatusCode::PARTIAL_CONTENT
            }
            Wanted::Parts(ranges) => {
                let parts = Multipart::describe(&mut headers, self.complete, ranges);
                return (headers, StatusCode::PARTIAL_CONTENT, Some(parts));
            }
            Wanted::Whole if *request.method == Method::GET => whole,
            other => respond::without_body(&mut headers, other, whole, self.complete),
        };
        (headers, code, None)
    }

    /// Looks up the parts that overlap what is to be sent.
    pub(super) async fn load(&mut self, shared: &Shared, selected: &Selected) {
        let Some(parts) = selected.parts() else {
            return;
        };
        let ranges = self.ranges.clone();
        let overlaps = |piece: &&Range<u64>| {
            let mut ranges = ranges.iter();
            ranges.any(|range| piece.start < range.end && range.start < piece.end)
        };
        for piece in parts.pieces.iter().filter(overlaps) {
            let key = selected.key().piece(parts.set, piece.start);
            let (store, mut ticket) = (&shared.config.store, Ticket::default());
            let entry = poll_fn(|cx| store.poll_lookup(&key, &mut ticket, cx)).await;
            let whole = |entry: &Entry| entry.content.len() == Some(piece.end - piece.start);
            if let Some(entry) = entry.filter(whole) {
                self.kept.push((piece.clone(), entry.content));
            }
        }
    }

    /// Where what is stored of it rests; of slices, the one that is sent first.
    pub(super) async fn media(&self, shared: &Shared, selected: &Selected) -> Vec<Medium> {
        let mut media: Vec<_> = self.kept.iter().map(|(_, kept)| kept.medium()).collect();
        let sliced = selected.parts().is_some_and(Parts::is_sliced);
        let size = shared.slice_size().filter(|_| sliced);
        let first = size.and_then(|size| selected.piece(self.start() / size * size));
        if let Some(slice) = first {
            let (store, mut ticket) = (&shared.config.store, Ticket::default());
            let entry = poll_fn(|cx| store.poll_lookup(slice.key(), &mut ticket, cx)).await;
            media.extend(entry.map(|entry| entry.content.medium()));
        }
        media
    }

    /// The offsets from the first byte that lacks to the last: what lies between two gaps is asked for again.
    pub(super) fn gap(&self) -> Option<Range<u64>> {
        let mut gap = None::<Range<u64>>;
        for range in &self.ranges {
            for hole in self.holes(range) {
                let (start, end) = gap.map_or((hole.start, hole.end), |gap| {
                    (gap.start.min(hole.start), gap.end.max(hole.end))
                });
                gap = Some(start..end);
            }
        }
        gap
    }

    /// What of a range is not stored.
    fn holes(&self, range: &Range<u64>) -> impl Iterator<Item = Range<u64>> {
        let mut at = range.start;
        let ends = self.kept.iter().map(|(piece, _)| piece.clone());
        let behind = iter::once(range.end..u64::MAX);
        let holes = ends.chain(behind).map(move |piece| {
            let hole = at..piece.start.min(range.end);
            at = at.max(piece.end);
            hole
        });
        holes.filter(|hole| !hole.is_empty())
    }

    /// Says whether a range lies within one of those that are to be sent: what lies between these is not asked for.
    pub(super) fn has(&self, gap: &Range<u64>) -> bool {
        let mut ranges = self.ranges.iter();
        ranges.any(|range| range.start <= gap.start && gap.end <= range.end)
    }

    /// What is sent, in order.
    pub(super) fn body(&self, live: Option<Live>, parts: Option<&Multipart>) -> Assembled {
        let mut live = live;
        let mut pieces = VecDeque::new();
        for range in &self.ranges {
            pieces.extend(parts.map(|parts| Piece::Text(parts.before(range))));
            let inside = live.take_if(|(gap, _)| range.start <= gap.start && gap.end <= range.end);
            pieces.extend(self.pieces(range, inside));
        }
        pieces.extend(parts.map(|parts| Piece::Text(parts.end())));
        Assembled::from(pieces)
    }

    fn pieces(&self, range: &Range<u64>, live: Option<Live>) -> Vec<Piece> {
        let (gap, reader) = live.unzip();
        let gap = gap.unwrap_or(range.end..range.end);
        let stored = |limits: Range<u64>| {
            move |(piece, content): &Kept| {
                let start = piece.start.max(limits.start);
                let end = piece.end.min(limits.end);
                (start < end).then(|| Piece::Stored {
                    content: content.clone(),
                    range: start - piece.start..end - piece.start,
                })
            }
        };
        let before = self.kept.iter().filter_map(stored(range.start..gap.start));
        let after = self.kept.iter().filter_map(stored(gap.end..range.end));
        let live = reader.map(|reader| Piece::Filling {
            reader: Box::new(reader),
            left: gap.end - gap.start,
        });
        before.chain(live).chain(after).collect()
    }

    /// Asks whether the response still holds (RFC 9111 section 4.3.1), and if not for what the client wants of the one that
    /// took its place: its own range and If-Range stay, or the slice takes their place.
    pub(super) fn condition(&self, headers: &mut HeaderMap, slice: Option<&Range<u64>>) {
        match slice {
            Some(slice) => ask_for(headers, slice, None),
            None => forget_known(headers),
        }
        for (name, validator) in [(IF_NONE_MATCH, ETAG), (IF_MODIFIED_SINCE, LAST_MODIFIED)] {
            let value = self.head.field(&validator);
            let value = value.and_then(|value| HeaderValue::from_bytes(value).ok());
            headers.extend(value.map(|value| (name, value)));
        }
    }
}

/// Removes the conditions that say what a client has already; what of the rest it wants stays.
pub(super) fn forget_known(headers: &mut HeaderMap) {
    for name in [IF_NONE_MATCH, IF_MODIFIED_SINCE] {
        headers.remove(name);
    }
}

/// Asks for a range, on condition that it belongs to the response with this tag.
pub(super) fn ask_for(headers: &mut HeaderMap, range: &Range<u64>, tag: Option<HeaderValue>) {
    strip_conditions(headers);
    let value = format!("bytes={}-{}", range.start, range.end - 1);
    headers.extend(HeaderValue::try_from(value).map(|value| (RANGE, value)));
    headers.extend(tag.map(|tag| (IF_RANGE, tag)));
}
