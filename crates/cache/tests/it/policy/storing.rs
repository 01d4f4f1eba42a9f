//! What may be stored, and what it is worth: RFC 9111 sections 3 and 4.2, RFC 9213.

use std::time::Duration;

use eaves_cache::policy::{Basis, Kind, Lifetime, NotStored, Policy, Rule, Storage, Times};
use eaves_common::time::{Mono, Now, Wall};
use http::Method;

use super::{DATE, at, meta, request, response, storage};

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

#[test]
fn a_request_that_says_no_store_leaves_nothing() {
    // RFC 9111 section 5.2.1.5.
    let asked = request(Method::GET, &[("cache-control", "max-age=9, No-Store")]);
    let answer = response(200, &[DATE, ("cache-control", "max-age=60")]);
    for policy in [Policy::default(), Policy::standards_only()] {
        let storage = policy.storage((&asked).into(), (&answer).into(), Times::at(at(0)));
        assert_eq!(storage, Storage::Refuse(NotStored::RequestNoStore));
    }
}

#[test]
fn a_part_says_once_where_it_lies_and_may_be_used_without_asking() {
    let place = ("content-range", "bytes 0-3/9");
    let fresh = ("cache-control", "max-age=60");
    for (fields, expected) in [
        (&[DATE, fresh, place][..], Ok((0, 4, 9))),
        (&[DATE, fresh, place, place], Err(NotStored::Partial)),
        (
            &[DATE, fresh, place, ("content-range", "bytes 0-4/9")],
            Err(NotStored::Partial),
        ),
        (
            &[DATE, fresh, ("content-range", "bytes 0-3/*")],
            Err(NotStored::Partial),
        ),
        (&[DATE, fresh], Err(NotStored::Partial)),
        (
            &[DATE, fresh, place, ("content-length", "5")],
            Err(NotStored::Partial),
        ),
        (
            &[DATE, ("cache-control", "no-cache, max-age=60"), place],
            Err(NotStored::Expired),
        ),
        (
            &[DATE, ("cache-control", "max-age=0"), place],
            Err(NotStored::Expired),
        ),
        (
            &[DATE, ("cache-control", "no-store, max-age=60"), place],
            Err(NotStored::NoStore),
        ),
    ] {
        let (asked, answer) = (request(Method::GET, &[]), response(206, fields));
        let part = Policy::default().part((&asked).into(), (&answer).into(), Times::at(at(0)));
        let found = part.map(|part| (part.start, part.end, part.complete));
        assert_eq!(found, expected, "{fields:?}");
    }
}

#[test]
fn the_smaller_of_two_caps_counts() {
    let seconds = Duration::from_secs;
    for (rule, most, expected) in [(5, 30, 5), (30, 5, 5)] {
        let policy = Policy::standards_only()
            .cap_lifetime(seconds(most))
            .rule(Rule::new(Lifetime::Cap(seconds(rule))));
        let storage = storage(&policy, 200, &[DATE, ("cache-control", "max-age=60")]);
        let Storage::Store(meta) = storage else {
            panic!("{storage:?}")
        };
        assert_eq!(meta.lifetime, seconds(expected), "{rule} {most}");
    }
}

#[test]
fn what_may_be_stale_by_the_rest_of_a_second_alone_is_kept() {
    // Without a validator; a Date counts whole seconds.
    for (control, seconds, kept) in [
        ("max-age=1", 1, true),
        ("max-age=1", 2, false),
        ("max-age=0", 0, false),
        ("no-cache, max-age=1", 0, false),
    ] {
        let (asked, answer) = (
            request(Method::GET, &[]),
            response(200, &[DATE, ("cache-control", control)]),
        );
        let times = Times::at(at(seconds));
        let storage = Policy::default().storage((&asked).into(), (&answer).into(), times);
        let stored = matches!(storage, Storage::Store(_));
        assert_eq!(stored, kept, "{control} at {seconds}: {storage:?}");
    }
}
