//! What answers do to stored responses: RFC 9111 sections 3.2, 4.3.4, 4.3.5 and 4.4.

use std::time::Duration;

use eaves_cache::policy::{Freshened, Invalidation, Policy, Remaining, Times};
use http::Method;

use super::{DATE, at, head, request, response};

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
    let freshened = Policy::standards_only().freshen(
        (&asked()).into(),
        &stored,
        (&answer).into(),
        Times::at(at(100)),
    );
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
        let freshened = Policy::default().freshen(
            (&asked()).into(),
            &stored,
            (&answer).into(),
            Times::at(at(1)),
        );
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
        let freshened = Policy::default().freshen_by_head(
            (&asked()).into(),
            (&stored, 5),
            (&answer).into(),
            Times::at(at(1)),
        );
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

fn asked() -> http::Request<()> {
    request(Method::GET, &[])
}

#[test]
fn a_304_updates_the_whole_header_but_for_what_is_never_stored() {
    // RFC 9111 sections 3.1 and 3.2: each field is there before, or added; replaced, or not.
    for (name, updated) in [
        ("access-control-allow-origin", true),
        ("allow", true),
        ("cache-control", true),
        ("clear-site-data", true),
        ("content-disposition", true),
        ("content-encoding", true),
        ("content-language", true),
        ("content-location", true),
        ("content-md5", true),
        ("content-range", true),
        ("content-security-policy", true),
        ("content-type", true),
        ("expires", true),
        ("last-modified", true),
        ("link", true),
        ("p3p", true),
        ("server", true),
        ("set-cookie", true),
        ("test-header", true),
        ("vary", true),
        ("x-content-foo", true),
        ("x-frame-options", true),
        ("content-length", false),
        ("keep-alive", false),
        ("proxy-authenticate", false),
        ("proxy-authentication-info", false),
        ("proxy-connection", false),
        ("te", false),
        ("transfer-encoding", false),
        ("upgrade", false),
    ] {
        for before in [&[(name, "old"), (name, "older")][..], &[]] {
            // What is never stored cannot be there before.
            if !updated && name != "content-length" && !before.is_empty() {
                continue;
            }
            let mut fields = vec![DATE, ("etag", "\"1\""), ("cache-control", "max-age=60")];
            fields.extend(before);
            let stored = head(&fields);
            let answer = response(304, &[("etag", "\"1\""), (name, "new"), (name, "newer")]);
            let times = Times::at(at(100));
            let policy = Policy::standards_only();
            let freshened = policy.freshen((&asked()).into(), &stored, (&answer).into(), times);
            let Freshened::Updated(head) = freshened else {
                assert_eq!(
                    name, "last-modified",
                    "another date is about another response"
                );
                continue;
            };
            let headers = head.to_headers();
            let values: Vec<_> = headers.get_all(name).iter().collect();
            let expected: &[&str] = match (updated, before.is_empty()) {
                (true, _) => &["new", "newer"],
                (false, true) => &[],
                (false, false) => &["old", "older"],
            };
            assert_eq!(values, expected, "{name}, {} before", before.len());
        }
    }
}
