//! Decisions from the RFC text, and the defects of other caches as regressions.

use std::time::Duration;

use eaves_cache::{
    head::Head,
    policy::{
        Basis, Decision, Freshened, Guard, Invalidation, Kind, Meta, NotStored, OnError, Policy,
        Remaining, RequestHead, ResponseHead, Revalidate, Storage, Times, Why,
    },
};
use eaves_common::time::{Mono, Now, Wall};
use http::{Method, Request, Response};
use proptest::prelude::*;

const START: u64 = 1_790_000_000;
const DATE: (&str, &str) = ("date", "Mon, 21 Sep 2026 14:13:20 GMT");

fn at(seconds: u64) -> Now {
    Now {
        mono: Mono::from_secs(1000 + seconds),
        wall: Wall::from_secs(START + seconds),
    }
}

fn request(method: Method, fields: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().method(method).uri("http://a.example/x");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

fn response(status: u16, fields: &[(&str, &str)]) -> Response<()> {
    let mut response = Response::builder().status(status);
    for (name, value) in fields {
        response = response.header(*name, *value);
    }
    response.body(()).unwrap()
}

fn storage(policy: &Policy, status: u16, fields: &[(&str, &str)]) -> Storage {
    let request = request(Method::GET, &[]);
    policy.storage(
        (&request).into(),
        (&response(status, fields)).into(),
        Times::at(at(0)),
    )
}

fn meta(status: u16, fields: &[(&str, &str)]) -> Meta {
    match storage(&Policy::standards_only(), status, fields) {
        Storage::Store(meta) => meta,
        Storage::Refuse(reason) => panic!("{fields:?} refused: {reason:?}"),
    }
}

fn head(fields: &[(&str, &str)]) -> Head {
    let response = response(200, fields);
    Head::new(meta(200, fields), response.headers())
}

#[test]
fn the_lifetime_comes_from_the_first_rule_that_applies() {
    // RFC 9111 section 4.2.1.
    let expires = ("expires", "Mon, 21 Sep 2026 14:14:20 GMT");
    let modified = ("last-modified", "Mon, 21 Sep 2026 13:13:20 GMT");
    for (fields, lifetime, basis) in [
        (
            &[("cache-control", "max-age=5, s-maxage=9")][..],
            9,
            Basis::SMaxage,
        ),
        (&[("cache-control", "max-age=5"), expires], 5, Basis::MaxAge),
        (&[DATE, expires], 60, Basis::Expires),
        (&[DATE, modified], 360, Basis::Heuristic),
        (&[DATE, modified, expires], 60, Basis::Expires),
    ] {
        let meta = meta(200, fields);
        assert_eq!(
            (meta.lifetime.as_secs(), meta.basis),
            (lifetime, basis),
            "{fields:?}"
        );
    }
}

#[test]
fn expires_that_is_no_date_or_stands_there_twice_has_expired() {
    let etag = ("etag", "\"1\"");
    let date = "Mon, 21 Sep 2026 14:14:20 GMT";
    for fields in [
        &[DATE, etag, ("expires", "0")][..],
        &[DATE, etag, ("expires", "Mon, 21 Sep 2026 14:14:20 UTC")],
        &[DATE, etag, ("expires", date), ("expires", date)],
        &[DATE, etag, ("expires", "Mon, 21 Sep 2026 14:13:00 GMT")],
    ] {
        assert_eq!(meta(200, fields).lifetime, Duration::ZERO, "{fields:?}");
    }
}

#[test]
fn the_initial_age_is_the_larger_of_two() {
    // RFC 9111 section 4.2.3, with a request that took two seconds.
    let times = Times {
        request: at(0),
        response: at(2),
    };
    let control = ("cache-control", "max-age=60");
    for (fields, age) in [
        (&[DATE, control][..], 2),
        (&[control], 2),
        (&[DATE, control, ("age", "10")], 12),
        (
            &[
                ("date", "Mon, 21 Sep 2026 14:12:52 GMT"),
                control,
                ("age", "3"),
            ],
            30,
        ),
        (&[("date", "Mon, 21 Sep 2026 14:20:00 GMT"), control], 2),
        (&[DATE, control, ("age", "7, 0")], 9),
        (&[DATE, control, ("age", "abc")], 2),
        (&[DATE, control, ("age", "-7")], 2),
    ] {
        let (request, response) = (request(Method::GET, &[]), response(200, fields));
        let stored = Policy::default().storage((&request).into(), (&response).into(), times);
        let Storage::Store(meta) = stored else {
            panic!("{fields:?}")
        };
        assert_eq!(meta.initial_age.as_secs(), age, "{fields:?}");
    }
}

#[test]
fn numbers_beyond_any_range_saturate() {
    let huge = "184467440737095516160000";
    let meta = meta(
        200,
        &[
            DATE,
            (
                "cache-control",
                &format!("max-age={huge}, stale-if-error={huge}"),
            ),
            ("age", "0"),
        ],
    );
    assert_eq!(meta.lifetime, Duration::from_secs(1 << 31));
    let request = request(Method::GET, &[]);
    let old = response(
        200,
        &[
            DATE,
            ("cache-control", "max-age=60"),
            ("age", huge),
            ("etag", "\"1\""),
        ],
    );
    let stored = Policy::default().storage((&request).into(), (&old).into(), Times::at(at(0)));
    let Storage::Store(meta) = stored else {
        panic!("it has a validator")
    };
    let end = Now {
        mono: Mono::MAX,
        wall: Wall::MAX,
    };
    assert!(!meta.remaining(end).is_fresh());
}

#[test]
fn storing_follows_section_3() {
    let fresh = "max-age=60";
    for (status, fields, expected) in [
        (200, &[("cache-control", fresh)][..], None),
        (299, &[("cache-control", fresh)], None),
        (599, &[("cache-control", fresh)], None),
        (
            599,
            &[
                ("cache-control", "public"),
                DATE,
                ("last-modified", "Mon, 21 Sep 2026 13:13:20 GMT"),
            ],
            None,
        ),
        (
            599,
            &[DATE, ("last-modified", "Mon, 21 Sep 2026 13:13:20 GMT")],
            Some(NotStored::Status),
        ),
        (
            502,
            &[DATE, ("last-modified", "Mon, 21 Sep 2026 13:13:20 GMT")],
            Some(NotStored::Status),
        ),
        (
            404,
            &[DATE, ("last-modified", "Mon, 21 Sep 2026 13:13:20 GMT")],
            None,
        ),
        (206, &[("cache-control", fresh)], Some(NotStored::Partial)),
        (
            200,
            &[("cache-control", "No-Store, max-age=60")],
            Some(NotStored::NoStore),
        ),
        (
            200,
            &[("cache-control", "max-age=60, x=\"no-store\"")],
            None,
        ),
        (
            200,
            &[("cache-control", "private, max-age=60")],
            Some(NotStored::Private),
        ),
        (200, &[("cache-control", "private=\"x\", max-age=60")], None),
        (
            200,
            &[("cache-control", "max-age=60, must-understand, no-store")],
            None,
        ),
        (
            599,
            &[("cache-control", "max-age=60, must-understand")],
            Some(NotStored::Status),
        ),
        (
            200,
            &[("cache-control", fresh), ("vary", "a"), ("vary", "b, *")],
            Some(NotStored::VaryStar),
        ),
        (200, &[], Some(NotStored::Expired)),
        (200, &[("etag", "\"1\"")], None),
        (
            200,
            &[("cache-control", "max-age=60"), ("set-cookie", "a=b")],
            None,
        ),
    ] {
        let reason = match storage(&Policy::standards_only(), status, fields) {
            Storage::Store(_) => None,
            Storage::Refuse(reason) => Some(reason),
        };
        assert_eq!(reason, expected, "{status} {fields:?}");
    }
}

#[test]
fn cookies_are_guarded_by_default() {
    let fields = [("cache-control", "max-age=60"), ("set-cookie", "a=b")];
    let guarded = storage(&Policy::default(), 200, &fields);
    assert_eq!(guarded, Storage::Refuse(NotStored::SetCookie));
    let public = [
        ("cache-control", "max-age=60, public"),
        ("set-cookie", "a=b"),
    ];
    assert!(matches!(
        storage(&Policy::default(), 200, &public),
        Storage::Store(_)
    ));
    let off = Policy::default().set_cookie(Guard::Off);
    assert!(matches!(storage(&off, 200, &fields), Storage::Store(_)));
}

#[test]
fn authorized_answers_need_leave_to_be_shared() {
    // RFC 9111 section 3.5.
    let asked = request(Method::GET, &[("authorization", "Basic x")]);
    for (control, kept) in [
        ("max-age=60", false),
        ("max-age=60, public", true),
        ("s-maxage=60, max-age=60", true),
        ("max-age=60, must-revalidate", true),
        ("max-age=60, proxy-revalidate", false),
    ] {
        let answer = response(200, &[("cache-control", control)]);
        let store = |policy: Policy| {
            let stored = policy.storage((&asked).into(), (&answer).into(), Times::at(at(0)));
            matches!(stored, Storage::Store(_))
        };
        assert_eq!(store(Policy::default()), kept, "{control}");
        assert!(store(Policy::default().kind(Kind::Private)), "{control}");
    }
}

#[test]
fn a_post_is_kept_only_as_its_targets_own_content() {
    // RFC 9110 section 9.3.3.
    for (fields, kept) in [
        (
            &[("cache-control", "max-age=60"), ("content-location", "/x")][..],
            true,
        ),
        (
            &[
                ("cache-control", "max-age=60"),
                ("content-location", "http://A.example:80/x"),
            ],
            true,
        ),
        (
            &[("cache-control", "max-age=60"), ("content-location", "/y")],
            false,
        ),
        (
            &[
                ("cache-control", "max-age=60"),
                ("content-location", "http://b.example/x"),
            ],
            false,
        ),
        (&[("cache-control", "max-age=60")], false),
        (&[("etag", "\"1\""), ("content-location", "/x")], false),
    ] {
        let (request, response) = (request(Method::POST, &[]), response(200, fields));
        let stored =
            Policy::default().storage((&request).into(), (&response).into(), Times::at(at(0)));
        assert_eq!(matches!(stored, Storage::Store(_)), kept, "{fields:?}");
    }
}

#[test]
fn requests_narrow_or_widen_what_is_served() {
    let stored = head(&[
        DATE,
        ("cache-control", "max-age=60, stale-while-revalidate=30"),
    ]);
    let validate = |why| Decision::Validate { why };
    for (control, seconds, expected) in [
        ("", 59, None),
        ("max-age=30", 30, None),
        ("max-age=30", 31, Some(validate(Why::Request))),
        ("min-fresh=10", 50, None),
        ("min-fresh=10", 51, Some(validate(Why::Request))),
        ("no-cache", 0, Some(validate(Why::Request))),
        ("max-age=0", 1, Some(validate(Why::Request))),
        ("max-age=100", 70, Some(validate(Why::Stale))),
        ("", 95, Some(validate(Why::Stale))),
        ("only-if-cached", 95, Some(Decision::GatewayTimeout)),
        ("nothing-to-see-here", 59, None),
    ] {
        let asked = request(Method::GET, &[("cache-control", control)]);
        let decision = Policy::default().decide((&asked).into(), Some(&stored), None, at(seconds));
        match expected {
            Some(expected) => assert_eq!(decision, expected, "{control} at {seconds}"),
            None => assert!(
                matches!(decision, Decision::Hit { .. }),
                "{control} at {seconds}: {decision:?}"
            ),
        }
    }
}

#[test]
fn stale_is_served_where_somebody_allowed_it() {
    let stored = head(&[
        DATE,
        ("cache-control", "max-age=60, stale-while-revalidate=30"),
    ]);
    let served = |control: &str, seconds| {
        let asked = request(Method::GET, &[("cache-control", control)]);
        match Policy::default().decide((&asked).into(), Some(&stored), None, at(seconds)) {
            Decision::HitStale { revalidate, .. } => Some(revalidate),
            _ => None,
        }
    };
    assert_eq!(served("", 89), Some(Revalidate::Background));
    assert_eq!(served("", 90), None);
    assert_eq!(served("max-stale=100", 89), Some(Revalidate::No));
    assert_eq!(served("max-stale", 5000), Some(Revalidate::No));
    assert_eq!(served("max-stale=100, no-cache", 89), None);
}

#[test]
fn what_forbids_stale_forbids_it_everywhere() {
    for directive in ["must-revalidate", "proxy-revalidate", "s-maxage=60"] {
        let control =
            format!("max-age=60, stale-while-revalidate=30, stale-if-error=30, {directive}");
        let stored = head(&[DATE, ("cache-control", &control)]);
        let asked = request(Method::GET, &[("cache-control", "max-stale")]);
        let decision = Policy::default().decide((&asked).into(), Some(&stored), None, at(70));
        assert_eq!(
            decision,
            Decision::Validate { why: Why::Stale },
            "{directive}"
        );
        assert_eq!(
            Policy::default().on_error(stored.meta(), at(70)),
            OnError::Forbidden
        );
    }
}

#[test]
fn conditions_for_the_origin_are_forwarded() {
    let stored = head(&[DATE, ("cache-control", "max-age=60"), ("etag", "\"1\"")]);
    for field in [
        ("if-match", "\"2\""),
        ("if-unmodified-since", "Mon, 21 Sep 2026 14:13:20 GMT"),
    ] {
        let asked = request(Method::GET, &[field]);
        let decision = Policy::default().decide((&asked).into(), Some(&stored), None, at(1));
        assert!(matches!(decision, Decision::Bypass { .. }), "{field:?}");
    }
}

#[test]
fn conditions_of_the_client_are_answered() {
    // RFC 9111 section 4.3.2. A second before and after 13:13:20.
    let stored = head(&[
        DATE,
        ("cache-control", "max-age=60"),
        ("etag", "\"1\""),
        ("last-modified", "Mon, 21 Sep 2026 13:13:20 GMT"),
    ]);
    let undated = head(&[DATE, ("cache-control", "max-age=60")]);
    for (stored, fields, met) in [
        (&stored, &[("if-none-match", "\"1\"")][..], true),
        (&stored, &[("if-none-match", "W/\"1\"")], true),
        (&stored, &[("if-none-match", "*")], true),
        (&stored, &[("if-none-match", "\"0\", \"1,2\"")], false),
        (
            &stored,
            &[
                ("if-none-match", "\"0\""),
                ("if-modified-since", "Mon, 21 Sep 2026 13:13:20 GMT"),
            ],
            false,
        ),
        (
            &stored,
            &[("if-modified-since", "Mon, 21 Sep 2026 13:13:20 GMT")],
            true,
        ),
        (
            &stored,
            &[("if-modified-since", "Monday, 21-Sep-26 13:13:21 GMT")],
            true,
        ),
        (
            &stored,
            &[("if-modified-since", "Mon Sep 21 13:13:19 2026")],
            false,
        ),
        (&stored, &[("if-modified-since", "yesterday")], false),
        (
            &undated,
            &[("if-modified-since", "Mon, 21 Sep 2026 14:13:20 GMT")],
            true,
        ),
        (
            &undated,
            &[("if-modified-since", "Mon, 21 Sep 2026 14:13:19 GMT")],
            false,
        ),
    ] {
        let asked = request(Method::GET, fields);
        let decision = Policy::default().decide((&asked).into(), Some(stored), None, at(1));
        assert_eq!(
            matches!(decision, Decision::Respond304 { .. }),
            met,
            "{fields:?}"
        );
    }
}

#[test]
fn a_304_replaces_and_adds_every_field_but_the_length() {
    // RFC 9111 section 3.2.
    let stored = head(&[
        DATE,
        ("cache-control", "max-age=60"),
        ("etag", "\"1\""),
        ("age", "9"),
        ("content-length", "5"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=1"),
        ("x-kept", "yes"),
    ]);
    let answer = response(
        304,
        &[
            ("date", "Mon, 21 Sep 2026 14:15:00 GMT"),
            ("etag", "\"1\""),
            ("content-length", "0"),
            ("connection", "x-hop"),
            ("x-hop", "1"),
            ("set-cookie", "c=1"),
            ("x-added", "yes"),
        ],
    );
    let freshened = Policy::standards_only().freshen(&stored, (&answer).into(), Times::at(at(100)));
    let Freshened::Updated(updated) = freshened else {
        panic!("the tag is the stored one")
    };
    let headers = updated.to_headers();
    let field = |name| {
        headers
            .get_all(name)
            .iter()
            .map(|v| v.to_str().unwrap())
            .collect::<Vec<_>>()
            .join("|")
    };
    let seen = [
        "content-length",
        "set-cookie",
        "x-kept",
        "x-added",
        "x-hop",
        "age",
    ]
    .map(field);
    assert_eq!(seen, ["5", "c=1", "yes", "yes", "", ""]);
    assert_eq!(updated.meta().age(at(101)), Duration::from_secs(1));
    assert_eq!(
        updated.meta().remaining(at(110)),
        Remaining::Fresh(Duration::from_secs(50))
    );
}

#[test]
fn a_304_with_another_strong_tag_changes_nothing() {
    let stored = head(&[DATE, ("cache-control", "max-age=60"), ("etag", "\"1\"")]);
    for (fields, about) in [
        (&[("etag", "\"2\"")][..], false),
        (&[("etag", "W/\"1\"")], true),
        (&[("etag", "\"1\"")], true),
        (&[], true),
    ] {
        let answer = response(304, fields);
        let freshened = Policy::default().freshen(&stored, (&answer).into(), Times::at(at(1)));
        assert_eq!(freshened != Freshened::Mismatch, about, "{fields:?}");
    }
}

#[test]
fn a_head_freshens_or_disproves_a_stored_get() {
    // RFC 9111 section 4.3.5.
    let stored = head(&[DATE, ("cache-control", "max-age=60"), ("etag", "\"1\"")]);
    for (fields, about) in [
        (&[("cache-control", "max-age=90")][..], true),
        (&[("content-length", "5"), ("etag", "\"1\"")], true),
        (&[("content-length", "6")], false),
        (&[("etag", "\"2\"")], false),
        (&[("last-modified", "Mon, 21 Sep 2026 13:13:20 GMT")], false),
    ] {
        let answer = response(200, fields);
        let freshened =
            Policy::default().freshen_by_head(&stored, 5, (&answer).into(), Times::at(at(1)));
        assert_eq!(freshened != Freshened::Mismatch, about, "{fields:?}");
    }
}

#[test]
fn unknown_methods_invalidate_and_errors_do_not() {
    for (method, status, invalidates) in [
        (Method::GET, 200, false),
        (Method::OPTIONS, 200, false),
        (Method::POST, 200, true),
        (Method::PUT, 301, true),
        (Method::from_bytes(b"M-SEARCH").unwrap(), 200, true),
        (Method::DELETE, 404, false),
        (Method::DELETE, 599, false),
    ] {
        let (request, response) = (request(method.clone(), &[]), response(status, &[]));
        let named = Invalidation::of((&request).into(), (&response).into());
        assert_eq!(named.is_some(), invalidates, "{method} {status}");
    }
}

fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "max-age",
        "s-maxage",
        "no-store",
        "no-cache",
        "private",
        "public",
        "=",
        "\"",
        ",",
        " ",
        "60",
        "0",
        "-1",
        "99999999999999999999",
        "must-revalidate",
        "stale-while-revalidate",
        "stale-if-error",
        "\\",
        ";",
        "*",
    ]);
    prop::collection::vec(word, 0..12).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever an origin sends: no panic, and once stale it stays stale.
    #[test]
    fn freshness_is_monotonic(control in words(), age in words(), date in words(), steps in prop::collection::vec(0u64..100, 1..8)) {
        let answer = response(200, &[("cache-control", &control), ("age", &age), ("date", &date), ("etag", "\"1\"")]);
        let asked = request(Method::GET, &[]);
        let stored = Policy::default().storage((&asked).into(), (&answer).into(), Times::at(at(0)));
        if let Storage::Store(meta) = stored {
            let (mut now, mut fresh, mut last) = (0, true, Duration::ZERO);
            for step in steps {
                now += step;
                let (age, still) = (meta.age(at(now)), meta.remaining(at(now)).is_fresh());
                prop_assert!(age >= last && age >= Duration::from_secs(now));
                prop_assert!(fresh || !still);
                (fresh, last) = (still, age);
            }
        }
    }

    /// A packed head gives back what went in, and any change of its bytes is refused or read without a panic.
    #[test]
    fn heads_read_back(values in prop::collection::vec("[ -~]{0,40}", 0..12), cut in any::<prop::sample::Index>()) {
        let mut answer = response(200, &[("cache-control", "max-age=60")]);
        for (at, value) in values.iter().enumerate() {
            let name: http::HeaderName = ["server", "x-custom-field", "link"][at % 3].parse().unwrap();
            answer.headers_mut().append(name, value.parse().unwrap());
        }
        let head = Head::new(meta(200, &[("cache-control", "max-age=60")]), answer.headers());
        let back = Head::from_bytes(head.as_bytes().to_vec()).unwrap();
        prop_assert_eq!(&back, &head);
        prop_assert_eq!(&back.to_headers(), answer.headers());
        let short = head.as_bytes()[..cut.index(head.as_bytes().len())].to_vec();
        prop_assert!(Head::from_bytes(short).is_err());
    }

    #[test]
    fn bytes_that_are_no_head_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut marked = bytes.clone();
        marked.insert(0, 1);
        for bytes in [bytes, marked] {
            if let Ok(head) = Head::from_bytes(bytes) {
                let _ = head.to_headers();
            }
        }
    }
}

#[test]
fn heads_of_requests_and_responses_borrow() {
    let (request, response) = (request(Method::GET, &[]), response(404, &[]));
    let (parts, ()) = request.into_parts();
    assert_eq!(RequestHead::from(&parts).uri.path(), "/x");
    let (parts, ()) = response.into_parts();
    assert_eq!(ResponseHead::from(&parts).status, 404);
}

#[test]
fn a_targeted_field_replaces_cache_control_and_expires() {
    // RFC 9213 section 2.
    let lifetime = |fields: &[(&str, &str)]| match storage(&Policy::default(), 200, fields) {
        Storage::Store(meta) => Ok(meta.lifetime.as_secs()),
        Storage::Refuse(reason) => Err(reason),
    };
    let cdn = |value| ("cdn-cache-control", value);
    let general = ("cache-control", "max-age=5");
    for (fields, expected) in [
        (&[general, cdn("max-age=60")][..], Ok(60)),
        (&[general, cdn("max-age=60;x=1, public")], Ok(60)),
        (&[("cache-control", "no-store"), cdn("max-age=60")], Ok(60)),
        (&[("cache-control", "private"), cdn("max-age=60")], Ok(60)),
        (&[general, cdn("no-store")], Err(NotStored::NoStore)),
        (&[general, cdn("private")], Err(NotStored::Private)),
        (&[general, cdn("max-age=10000, &&&&&")], Ok(5)),
        (&[general, cdn("max-age=\"10000\"")], Ok(5)),
        (&[general, cdn("")], Ok(5)),
        (&[general, cdn("max-age=7"), cdn("max-age=9")], Ok(9)),
        (
            &[
                DATE,
                ("expires", "Mon, 21 Sep 2026 14:14:20 GMT"),
                cdn("public"),
                ("etag", "1"),
            ],
            Ok(0),
        ),
    ] {
        assert_eq!(lifetime(fields), expected, "{fields:?}");
    }
    let private = storage(
        &Policy::default().kind(Kind::Private),
        200,
        &[general, cdn("max-age=60")],
    );
    assert!(matches!(private, Storage::Store(meta) if meta.lifetime.as_secs() == 5));
}

#[test]
fn a_request_that_the_key_does_not_see_whole_brings_nothing_into_the_store() {
    let policy = Policy::default();
    let (fresh, old) = (at(1), at(100));
    let stored = head(&[DATE, ("cache-control", "max-age=60")]);
    for (field, always) in [
        (("x-forwarded-host", "evil.example"), false),
        (("x-original-url", "/admin"), false),
        (("x-http-method-override", "DELETE"), true),
        (("content-length", "7"), true),
    ] {
        let asked = request(Method::GET, &[field]);
        let bypasses = |now, stored| {
            let decision = policy.decide((&asked).into(), stored, None, now);
            matches!(decision, Decision::Bypass { .. })
        };
        assert_eq!(
            bypasses(fresh, Some(&stored)),
            always,
            "{field:?}: a clean stored answer may be served"
        );
        assert!(bypasses(old, Some(&stored)), "{field:?}");
        assert_eq!(bypasses(fresh, None), always, "{field:?}");
        let answer = response(200, &[("cache-control", "max-age=60")]);
        let kept = policy.storage((&asked).into(), (&answer).into(), Times::at(fresh));
        assert_eq!(kept, Storage::Refuse(NotStored::Unkeyed), "{field:?}");
        let off = Policy::standards_only();
        assert!(!matches!(
            off.decide((&asked).into(), None, None, fresh),
            Decision::Bypass { .. }
        ));
    }
    let asked = request(Method::GET, &[("x-forwarded-proto", "https")]);
    let keyed = response(
        200,
        &[
            ("cache-control", "max-age=60"),
            ("vary", "X-Forwarded-Proto"),
        ],
    );
    let kept = policy.storage((&asked).into(), (&keyed).into(), Times::at(fresh));
    assert!(matches!(kept, Storage::Store(_)));
}

#[test]
fn a_head_that_an_origin_may_choke_on_is_passed_on() {
    let long = "x".repeat(9000);
    let asked = request(Method::GET, &[("x-long", &long)]);
    let decision = Policy::default().decide((&asked).into(), None, None, at(0));
    assert!(matches!(decision, Decision::Bypass { .. }));
}

#[test]
fn a_page_under_the_name_of_a_file_is_not_stored() {
    for (path, kind, kept) in [
        ("/account/x.css", "text/html", false),
        ("/account/x.CSS?y=1", "application/json", false),
        ("/x.css", "text/css; charset=utf-8", true),
        ("/x.png", "Image/PNG", true),
        ("/account", "text/html", true),
        ("/a.css/b", "text/html", true),
        ("/x.unknown", "text/html", true),
    ] {
        let asked = Request::get(format!("http://a.example{path}"))
            .body(())
            .unwrap();
        let answer = response(
            200,
            &[("cache-control", "max-age=60"), ("content-type", kind)],
        );
        let stored = Policy::default().storage((&asked).into(), (&answer).into(), Times::at(at(0)));
        assert_eq!(matches!(stored, Storage::Store(_)), kept, "{path} {kind}");
    }
}

#[test]
fn operators_cap_lifetimes_and_give_them_to_statuses() {
    let policy = Policy::default()
        .cap_lifetime(Duration::from_secs(30))
        .lifetime_of(http::StatusCode::NOT_FOUND, Duration::from_secs(10))
        .lifetime_of(http::StatusCode::BAD_GATEWAY, Duration::from_secs(2));
    for (status, fields, expected) in [
        (
            200,
            &[("cache-control", "max-age=60")][..],
            Some((30, Basis::MaxAge)),
        ),
        (
            200,
            &[("cache-control", "max-age=20")],
            Some((20, Basis::MaxAge)),
        ),
        (404, &[], Some((10, Basis::Operator))),
        (
            404,
            &[("cache-control", "max-age=1")],
            Some((1, Basis::MaxAge)),
        ),
        (404, &[("cache-control", "no-store")], None),
        (502, &[], Some((2, Basis::Operator))),
        (503, &[], None),
    ] {
        let stored = match storage(&policy, status, fields) {
            Storage::Store(meta) => Some((meta.lifetime.as_secs(), meta.basis)),
            Storage::Refuse(_) => None,
        };
        assert_eq!(stored, expected, "{status} {fields:?}");
    }
}
