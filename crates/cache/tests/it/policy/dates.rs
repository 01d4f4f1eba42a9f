//! Dates in every form that RFC 9110 section 5.6.7 knows, and in those that it does not.

use eaves_cache::policy::{Basis, Decision, Policy};
use http::Method;

use super::{DATE, at, head, meta, request};

/// 60 seconds after the clock's start, in the three forms, and in any case (RFC 9111 section 4.2).
const GOOD: [&str; 9] = [
    "Mon, 21 Sep 2026 14:14:20 GMT",
    "Monday, 21-Sep-26 14:14:20 GMT",
    "Mon Sep 21 14:14:20 2026",
    "MON, 21 Sep 2026 14:14:20 GMT",
    "Mon, 21 SEP 2026 14:14:20 GMT",
    "Mon, 21 Sep 2026 14:14:20 gMT",
    "mon, 21 sep 2026 14:14:20 gmt",
    "MONDAY, 21-sep-26 14:14:20 Gmt",
    "mon SEP 21 14:14:20 2026",
];

const BAD: [&str; 34] = [
    "",
    "0",
    "-1",
    "1790000060",
    "Mon, 21 Sep 2026 14:14:20",
    "Mon, 21 Sep 2026 14:14:20 UTC",
    "Mon, 21 Sep 2026 14:14:20 AEST",
    "Mon, 21 Sep 2026 14:14:20 EST",
    "Mon, 21 Sep 2026 14:14:20 +0000",
    "Mon, 21 Sep 2026 14:14:20 -0000",
    "Mon, 21 Sep 2026 14:14:20 Z",
    "Mon, 21 Sep 2026 14:14:20GMT",
    "Mon, 21 Sep 2026 14:14:20  GMT",
    "Mon, 21 Sep 2026  14:14:20 GMT",
    "Mon, 21  Sep 2026 14:14:20 GMT",
    "Mon,  21 Sep 2026 14:14:20 GMT",
    "Mon,21 Sep 2026 14:14:20 GMT",
    "Mon 21 Sep 2026 14:14:20 GMT",
    "21 Sep 2026 14:14:20 GMT",
    "Mon, 21-Sep-2026 14:14:20 GMT",
    "Monday, 21-Sep-2026 14:14:20 GMT",
    "Monday, 21 Sep 2026 14:14:20 GMT",
    "Mon, 21 Sep 26 14:14:20 GMT",
    "Mon, 21 Sept 2026 14:14:20 GMT",
    "Mon, 21 September 2026 14:14:20 GMT",
    "Mon, 21 Sep 2026 14.14.20 GMT",
    "Mon, 21 Sep 2026 14:14 GMT",
    "Mon, 21 Sep 2026 25:14:20 GMT",
    "Mon, 21 Sep 2026 14:60:20 GMT",
    "Mon, 31 Sep 2026 14:14:20 GMT",
    "Mon Sep 21 14:14:20 2026 GMT",
    "Mon, 21 Sep 2026 14:14:20 GMT, Mon, 21 Sep 2026 14:14:20 GMT",
    "\"Mon, 21 Sep 2026 14:14:20 GMT\"",
    "2026-09-21T14:14:20Z",
];

#[test]
fn expires_counts_in_any_form_and_anything_else_has_expired() {
    // RFC 9111 section 5.3.
    for date in GOOD {
        let meta = meta(200, &[DATE, ("etag", "\"1\""), ("expires", date)]);
        assert_eq!(
            (meta.lifetime.as_secs(), meta.basis),
            (60, Basis::Expires),
            "{date}"
        );
    }
    for date in BAD {
        let meta = meta(200, &[DATE, ("etag", "\"1\""), ("expires", date)]);
        assert_eq!(
            (meta.lifetime.as_secs(), meta.basis),
            (0, Basis::Expires),
            "{date}"
        );
    }
}

#[test]
fn a_date_in_any_form_gives_the_apparent_age_and_anything_else_none() {
    // RFC 9111 section 4.2.3: arrived 60 seconds after it was generated.
    let control = ("cache-control", "max-age=600");
    let age = |date: &str| {
        let asked = request(Method::GET, &[]);
        let answer = super::response(200, &[("date", date), control]);
        let times = eaves_cache::policy::Times::at(at(120));
        match Policy::standards_only().storage((&asked).into(), (&answer).into(), times) {
            eaves_cache::policy::Storage::Store(meta) => meta.initial_age.as_secs(),
            eaves_cache::policy::Storage::Refuse(reason) => panic!("{date}: {reason:?}"),
        }
    };
    for date in GOOD {
        assert_eq!(age(date), 60, "{date}");
    }
    for date in BAD {
        assert_eq!(age(date), 0, "{date}");
    }
}

#[test]
fn the_heuristic_needs_a_last_modified_that_can_be_read() {
    // RFC 9111 section 4.2.2: a tenth of the 1000 seconds before.
    for date in [
        "Mon, 21 Sep 2026 13:56:40 GMT",
        "Monday, 21-Sep-26 13:56:40 GMT",
        "Mon Sep 21 13:56:40 2026",
    ] {
        let meta = meta(200, &[DATE, ("etag", "\"1\""), ("last-modified", date)]);
        assert_eq!(
            (meta.lifetime.as_secs(), meta.basis),
            (100, Basis::Heuristic),
            "{date}"
        );
    }
    for date in BAD {
        let meta = meta(200, &[DATE, ("etag", "\"1\""), ("last-modified", date)]);
        assert_eq!(meta.basis, Basis::None, "{date}");
    }
}

#[test]
fn a_condition_with_a_date_that_cannot_be_read_is_ignored() {
    // RFC 9110 section 13.1.3.
    let modified = ("last-modified", "Mon, 21 Sep 2026 14:13:00 GMT");
    let stored = head(&[DATE, ("cache-control", "max-age=60"), modified]);
    let decide = |date: &str| {
        let asked = request(Method::GET, &[("if-modified-since", date)]);
        Policy::standards_only().decide((&asked).into(), Some(&stored), Some(5), at(1))
    };
    for date in GOOD {
        assert!(
            matches!(decide(date), Decision::Respond304 { .. }),
            "{date}"
        );
    }
    for date in BAD {
        assert!(matches!(decide(date), Decision::Hit { .. }), "{date}");
    }
}
