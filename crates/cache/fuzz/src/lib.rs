//! What must hold whatever the octets are; the fuzz targets and the crate's property tests share it.

use std::time::Duration;

use eaves_cache::{
    field::{ContentRange, HttpDate, RangeSet, SearchVariance},
    head::Head,
    key::{Key, KeyRules},
    policy::{Freshened, Normalise, Policy, RequestHead, ResponseHead, Storage, Times},
    status::CacheStatus,
};
use eaves_common::time::{Mono, Now, Wall};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};

const START: u64 = 1_790_000_000;

fn at(seconds: u64) -> Now {
    Now {
        mono: Mono::from_secs(seconds),
        wall: Wall::from_secs(START + seconds),
    }
}

/// Fields from lines whose first octet chooses the name.
fn headers(octets: &[u8], names: &[&'static str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in octets.split(|octet| *octet == b'\n') {
        let Some((first, value)) = line.split_first() else {
            continue;
        };
        let name = HeaderName::from_static(names[usize::from(*first) % names.len()]);
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }
    headers
}

const ASKED: [&str; 12] = [
    "cache-control",
    "pragma",
    "range",
    "if-range",
    "if-none-match",
    "if-modified-since",
    "accept-encoding",
    "accept-language",
    "authorization",
    "content-length",
    "x-forwarded-host",
    "foo",
];

const ANSWERED: [&str; 15] = [
    "cache-control",
    "cdn-cache-control",
    "age",
    "date",
    "expires",
    "last-modified",
    "etag",
    "vary",
    "content-range",
    "content-length",
    "content-type",
    "no-vary-search",
    "connection",
    "set-cookie",
    "foo",
];

/// Whatever both sides say: no panic, once stale it stays stale, and what is stored reads back.
pub fn fields(octets: &[u8]) {
    let middle = octets
        .iter()
        .position(|octet| *octet == 0)
        .unwrap_or(octets.len() / 2);
    let (asked, answered) = octets.split_at(middle);
    let mut request = Request::get("http://a.example/x.css")
        .body(())
        .expect("it is one");
    *request.headers_mut() = headers(asked, &ASKED);
    let mut response = Response::new(());
    *response.headers_mut() = headers(answered, &ANSWERED);
    let normalise = Normalise::default()
        .codings(["br", "gzip"])
        .languages(["en", "de-AT"]);
    normalise.apply(request.headers_mut());
    for policy in [Policy::default(), Policy::standards_only()] {
        let (asked, answered) = (RequestHead::from(&request), ResponseHead::from(&response));
        let _ = policy.decide(asked, None, None, at(0));
        if let Storage::Store(meta) = policy.storage(asked, answered, Times::at(at(0))) {
            stored(
                &policy,
                asked,
                &Head::new(meta, response.headers()),
                answered,
            );
        }
        *response.status_mut() = http::StatusCode::PARTIAL_CONTENT;
        if let Ok(part) = policy.part((&request).into(), (&response).into(), Times::at(at(0))) {
            assert!(part.start < part.end && part.end <= part.complete);
        }
        *response.status_mut() = http::StatusCode::OK;
    }
}

fn stored(policy: &Policy, asked: RequestHead<'_>, head: &Head, answered: ResponseHead<'_>) {
    let (mut fresh, mut age) = (true, Duration::ZERO);
    for seconds in [0, 1, 59, 60, 1 << 31, u64::MAX / 2_000_000_000] {
        let now = at(seconds);
        let (still, older) = (head.meta().remaining(now).is_fresh(), head.meta().age(now));
        assert!(older >= age && (fresh || !still), "{head:?} at {seconds}");
        (fresh, age) = (still, older);
        let _ = policy.explain(asked, Some(head), Some(10), now).to_string();
    }
    if let Freshened::Updated(head) = policy.freshen(asked, head, answered, Times::at(at(5))) {
        let status = CacheStatus::hit(5);
        let fields = head.into_response(Duration::from_secs(1), status, "eaves");
        assert_eq!(fields.get_all("age").iter().count(), 1);
    }
}

/// Octets are a head or refused; a head is what was packed.
pub fn heads(octets: &[u8]) {
    if let Ok(head) = Head::from_bytes(octets.to_vec()) {
        let fields = head.to_headers();
        let again = Head::new(*head.meta(), &fields);
        assert_eq!(again.to_headers(), fields);
    }
}

/// Keys are normal forms, and values of fields are read the same when they are written again.
pub fn keys(octets: &[u8]) {
    if let Some(date) = HttpDate::parse(octets, Wall::from_secs(START)) {
        let text = date.to_string();
        let again = HttpDate::parse(text.as_bytes(), Wall::from_secs(START));
        assert!(again == Some(date) || text.len() != 29, "{text}");
    }
    if let Some(range) = ContentRange::parse(octets) {
        assert!(range.first <= range.last);
    }
    if let Some(set) = RangeSet::parse(octets) {
        let ranges = set.within(100);
        assert!(
            ranges
                .iter()
                .all(|range| range.start < range.end && range.end <= 100)
        );
        let total: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        assert!(total <= 100, "nothing is sent twice");
    }
    queries(octets);
    let target = String::from_utf8_lossy(octets);
    let Ok(uri) = format!("http://a.example/{target}").parse::<Uri>() else {
        return;
    };
    let rules = KeyRules::default();
    for rules in [
        rules.clone().sort_query(),
        rules.clone().obey_no_vary_search(),
        rules,
    ] {
        let Ok(key) = rules.key_of_uri(&uri) else {
            continue;
        };
        let Ok(normal) = key.to_string().parse::<Uri>() else {
            continue;
        };
        assert_eq!(rules.key_of_uri(&normal).as_ref(), Ok::<&Key, _>(&key));
    }
}

/// What a response says about queries: the rest of the octets are two of them.
fn queries(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    let mut parts = text.split('\n');
    let variance = SearchVariance::parse(parts.next().unwrap_or_default().as_bytes());
    let (one, other) = (parts.next(), parts.next());
    assert!(variance.equivalent(one, one));
    assert_eq!(
        variance.equivalent(one, other),
        variance.equivalent(other, one)
    );
    if one == other {
        assert!(variance.equivalent(one, other));
    }
}
