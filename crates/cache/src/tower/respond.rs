//! Response heads from decisions.

use core::{ops::Range, time::Duration};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        AGE, CACHE_CONTROL, CACHE_STATUS, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, DATE,
        ETAG, EXPIRES, LAST_MODIFIED, VARY,
    },
};

use super::{CacheBody, shared::Shared};
use crate::{
    exchange::Selected,
    head::Head,
    policy::{Decision, RequestHead},
    stats::Count,
    status::CacheStatus,
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
    if *decision == Decision::GatewayTimeout {
        return Some(bare(shared, StatusCode::GATEWAY_TIMEOUT));
    }
    let (selected, entry) = found;
    let entry = entry.as_ref()?;
    let (part, age, remaining) = match decision {
        Decision::Hit { age, remaining } | Decision::HitStale { age, remaining, .. } => {
            (Part::Whole, *age, *remaining)
        }
        Decision::Respond304 { age, remaining } => (Part::Nothing, *age, *remaining),
        Decision::HitRange {
            age,
            remaining,
            range,
        } => (Part::Range(range.clone()), *age, *remaining),
        _ => return None,
    };
    let head = selected.take_head()?;
    shared.counters.add(Count::Hit);
    if matches!(decision, Decision::HitStale { .. }) {
        shared.counters.add(Count::StaleHit);
    }
    let stored = Stored { head, entry, age };
    Some(stored.response(shared, request, part, CacheStatus::hit(remaining.as_secs())))
}

/// How much of a stored response is sent.
pub(super) enum Part {
    Nothing,
    Range(Range<u64>),
    Whole,
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
        part: Part,
        status: CacheStatus,
    ) -> Response<CacheBody<B>> {
        let whole = self.head.meta().status;
        let mut headers = self
            .head
            .into_response(self.age, status, &shared.config.name);
        let len = self.entry.content.len().unwrap_or_default();
        let (code, body) = match part {
            Part::Nothing => {
                keep_for_not_modified(&mut headers);
                (StatusCode::NOT_MODIFIED, CacheBody::empty())
            }
            Part::Range(range) => {
                let place = format!("bytes {}-{}/{len}", range.start, range.end - 1);
                insert(&mut headers, CONTENT_RANGE, &place);
                headers.insert(CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
                (StatusCode::PARTIAL_CONTENT, stored(self.entry, range))
            }
            Part::Whole if request.method == Method::HEAD => {
                if may_have_length(whole) {
                    headers.insert(CONTENT_LENGTH, HeaderValue::from(len));
                }
                (whole, CacheBody::empty())
            }
            Part::Whole => (whole, stored(self.entry, 0..len)),
        };
        let mut response = Response::new(body);
        *response.status_mut() = code;
        *response.headers_mut() = headers;
        response
    }
}

fn stored<B>(entry: &Entry, range: Range<u64>) -> CacheBody<B> {
    CacheBody::stored(entry.content.clone(), range.start, range.end)
}

/// A response of the cache's own: the request has no host, or only a stored response was wanted.
pub(super) fn bare<B>(shared: &Shared, status: StatusCode) -> Response<CacheBody<B>> {
    let mut response = Response::new(CacheBody::empty());
    *response.status_mut() = status;
    let text = format!("{}; detail={}", shared.config.name, detail(status));
    if status != StatusCode::BAD_REQUEST {
        insert(response.headers_mut(), CACHE_STATUS, &text);
    }
    response
}

fn detail(status: StatusCode) -> &'static str {
    match status {
        StatusCode::GATEWAY_TIMEOUT => "only-if-cached",
        StatusCode::BAD_GATEWAY => "origin-error",
        _ => "none",
    }
}

/// The fields of RFC 9110 section 15.4.5, those of this cache, and the date where there is no tag.
fn keep_for_not_modified(headers: &mut HeaderMap) {
    const KEPT: [HeaderName; 8] = [
        AGE,
        CACHE_CONTROL,
        CACHE_STATUS,
        CONTENT_LOCATION,
        DATE,
        ETAG,
        EXPIRES,
        VARY,
    ];
    let tagged = headers.contains_key(ETAG);
    let dropped: Vec<HeaderName> = headers
        .keys()
        .filter(|name| !KEPT.contains(name) && (tagged || **name != LAST_MODIFIED))
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
