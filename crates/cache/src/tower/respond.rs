//! Response heads from decisions.

use core::{ops::Range, time::Duration};
use std::collections::VecDeque;

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        AGE, CACHE_CONTROL, CACHE_STATUS, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, DATE,
        ETAG, EXPIRES, LAST_MODIFIED, RANGE, VARY,
    },
};

use super::{
    CacheBody, Note,
    assembled::{Assembled, Piece},
    multipart::Multipart,
    shared::Shared,
};
use crate::{
    exchange::Selected,
    field::{ByteRange, RangeSet},
    head::Head,
    policy::{Decision, RequestHead, Wanted},
    stats::Count,
    status::{CacheStatus, Reason},
    store::Entry,
};

/// Decides about a request by what was found.
pub(super) fn decide(
    shared: &Shared,
    request: RequestHead<'_>,
    found: &(Selected, Option<Entry>),
) -> Decision {
    let (selected, entry) = found;
    let len = entry.as_ref().and_then(|entry| entry.content.len());
    selected.decide(&shared.config.policy, request, len, shared.now())
}

/// Builds the response of a decision that needs no origin; `None` for the others.
pub(super) fn from_store<B>(
    shared: &Shared,
    request: RequestHead<'_>,
    found: &mut (Selected, Option<Entry>),
    decision: &Decision,
) -> Option<Response<CacheBody<B>>> {
    let response = stored_as(shared, request, found, decision, CacheStatus::hit(0))?;
    if *decision != Decision::GatewayTimeout {
        shared.counters.add(Count::Hit);
    }
    if matches!(decision, Decision::HitStale { .. }) {
        shared.counters.add(Count::StaleHit);
    }
    Some(response)
}

/// The same under a status of the caller's, whose `ttl` is set here.
pub(super) fn stored_as<B>(
    shared: &Shared,
    request: RequestHead<'_>,
    found: &mut (Selected, Option<Entry>),
    decision: &Decision,
    status: CacheStatus,
) -> Option<Response<CacheBody<B>>> {
    if *decision == Decision::GatewayTimeout {
        return Some(only_if_cached(shared));
    }
    let (selected, entry) = found;
    let entry = entry.as_ref()?;
    let (age, remaining) = match decision {
        Decision::Hit { age, remaining }
        | Decision::HitRange { age, remaining, .. }
        | Decision::HitRanges { age, remaining, .. }
        | Decision::HitStale { age, remaining, .. }
        | Decision::Respond304 { age, remaining }
        | Decision::Respond416 { age, remaining } => (*age, *remaining),
        _ => return None,
    };
    let part = match decision {
        Decision::HitRange { range, .. } => Wanted::Part(range.clone()),
        Decision::HitRanges { ranges, .. } => Wanted::Parts(ranges.clone()),
        Decision::Respond304 { .. } => Wanted::NotModified,
        Decision::Respond416 { .. } => Wanted::Unsatisfiable,
        Decision::HitStale { .. } => Wanted::of(request, selected.head()?, entry.content.len()),
        _ => Wanted::Whole,
    };
    let head = selected.take_head()?;
    let stored = Stored { head, entry, age };
    Some(stored.response(shared, request, part, status.ttl(remaining.as_secs())))
}

/// A stored response about to be sent.
pub(super) struct Stored<'a> {
    pub(super) head: Head,
    pub(super) entry: &'a Entry,
    pub(super) age: Duration,
}

impl Stored<'_> {
    pub(super) fn response<B>(
        self,
        shared: &Shared,
        request: RequestHead<'_>,
        wanted: Wanted,
        status: CacheStatus,
    ) -> Response<CacheBody<B>> {
        let whole = self.head.meta().status;
        let note = self.head.note().map(|note| Note(note.to_vec().into()));
        let mut headers = self
            .head
            .into_response(self.age, status, &shared.config.name);
        let content = &self.entry.content;
        let len = content.len().unwrap_or_default();
        let (code, body) = match wanted {
            Wanted::Part(range) => {
                describe_part(&mut headers, &range, len);
                (StatusCode::PARTIAL_CONTENT, stored(self.entry, range))
            }
            Wanted::Parts(ranges) => {
                let parts = Multipart::describe(&mut headers, len, &ranges);
                let body = several(&parts, &ranges, |range| Piece::Stored {
                    content: content.clone(),
                    range,
                });
                (StatusCode::PARTIAL_CONTENT, CacheBody::assembled(body))
            }
            Wanted::Whole if request.method != Method::HEAD => (whole, stored(self.entry, 0..len)),
            other => (
                without_body(&mut headers, &other, whole, len),
                CacheBody::empty(),
            ),
        };
        let mut response = Response::new(body);
        *response.status_mut() = code;
        *response.headers_mut() = headers;
        response.extensions_mut().extend(note_of(note));
        response
    }
}

/// The body of several ranges, each of which is one piece.
pub(super) fn several(
    parts: &Multipart,
    ranges: &[Range<u64>],
    piece: impl Fn(Range<u64>) -> Piece,
) -> Assembled {
    let around = |range: &Range<u64>| [Piece::Text(parts.before(range)), piece(range.clone())];
    let pieces = ranges.iter().flat_map(around);
    let end = core::iter::once(Piece::Text(parts.end()));
    Assembled::from(pieces.chain(end).collect::<VecDeque<_>>())
}

fn note_of(note: Option<Note>) -> http::Extensions {
    let mut extensions = http::Extensions::new();
    if let Some(note) = note {
        extensions.insert(note);
    }
    extensions
}

/// Makes these the fields of one part of the whole.
pub(super) fn describe_part(headers: &mut HeaderMap, range: &Range<u64>, len: u64) {
    let place = format!("bytes {}-{}/{len}", range.start, range.end - 1);
    insert(headers, CONTENT_RANGE, &place);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
}

/// Makes these the fields of a response that has no body; returns its status.
pub(super) fn without_body(
    headers: &mut HeaderMap,
    wanted: &Wanted,
    whole: StatusCode,
    len: u64,
) -> StatusCode {
    match wanted {
        Wanted::NotModified => {
            keep(headers, &NOT_MODIFIED);
            StatusCode::NOT_MODIFIED
        }
        Wanted::Unsatisfiable => {
            keep(headers, &[AGE, CACHE_STATUS, DATE]);
            insert(headers, CONTENT_RANGE, &format!("bytes */{len}"));
            headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
            StatusCode::RANGE_NOT_SATISFIABLE
        }
        _ => {
            if may_have_length(whole) {
                headers.insert(CONTENT_LENGTH, HeaderValue::from(len));
            }
            whole
        }
    }
}

/// The offset that an answer to a request begins at, as far as the request tells: zero without a range, with one that
/// means nothing, or from the end.
pub(super) fn first_offset(headers: &HeaderMap) -> u64 {
    let set = headers.get(RANGE);
    let set = set.and_then(|value| RangeSet::parse(value.as_bytes()));
    match set.as_ref().and_then(RangeSet::first) {
        Some(ByteRange::From(first) | ByteRange::FromTo(first, _)) => first,
        Some(ByteRange::Last(_)) | None => 0,
    }
}

fn stored<B>(entry: &Entry, range: Range<u64>) -> CacheBody<B> {
    CacheBody::stored(entry.content.clone(), range.start, range.end)
}

/// RFC 9111 section 5.2.1.7.
pub(super) fn only_if_cached<B>(shared: &Shared) -> Response<CacheBody<B>> {
    bare(
        shared,
        StatusCode::GATEWAY_TIMEOUT,
        Some(Reason::OnlyIfCached),
    )
}

/// A response of the cache's own: the request has no host, only a stored response was wanted, or the origin failed.
pub(super) fn bare<B>(
    shared: &Shared,
    status: StatusCode,
    reason: Option<Reason>,
) -> Response<CacheBody<B>> {
    let mut response = Response::new(CacheBody::empty());
    *response.status_mut() = status;
    if let Some(reason) = reason {
        shared.counters.give(reason);
        let detail = reason.detail().unwrap_or_default();
        let text = format!("{}; detail={detail}", shared.config.name);
        insert(response.headers_mut(), CACHE_STATUS, &text);
    }
    response
}

/// The fields of RFC 9110 section 15.4.5, and those of this cache.
const NOT_MODIFIED: [HeaderName; 8] = [
    AGE,
    CACHE_CONTROL,
    CACHE_STATUS,
    CONTENT_LOCATION,
    DATE,
    ETAG,
    EXPIRES,
    VARY,
];

/// Keeps these fields, and for a 304 the date where there is no tag.
fn keep(headers: &mut HeaderMap, kept: &[HeaderName]) {
    let dated = kept.contains(&ETAG) && !headers.contains_key(ETAG);
    let dropped: Vec<HeaderName> = headers
        .keys()
        .filter(|name| !(kept.contains(name) || dated && **name == LAST_MODIFIED))
        .cloned()
        .collect();
    for name in dropped {
        headers.remove(name);
    }
}

fn may_have_length(status: StatusCode) -> bool {
    status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
