//! Where windows begin and end: RFC 5861, and what RFC 9111 section 4.2.4 allows; must-understand (section 5.2.2.3).

use eaves_cache::policy::{
    Decision, NotStored, OnError, Policy, Remaining, Revalidate, Storage, Why,
};
use http::{Method, StatusCode};

use super::{DATE, at, head, meta, request, storage};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Served {
    Fresh,
    Behind,
    Taken,
    Asked,
}

fn served(control: &str, age: &str, asked: &str, seconds: u64) -> Served {
    let stored = head(&[
        DATE,
        ("cache-control", control),
        ("age", age),
        ("etag", "\"1\""),
    ]);
    let fields: &[(&str, &str)] = &[("cache-control", asked)];
    let request = request(Method::GET, if asked.is_empty() { &[] } else { fields });
    let decision =
        Policy::standards_only().decide((&request).into(), Some(&stored), Some(5), at(seconds));
    match decision {
        Decision::Hit { .. } => Served::Fresh,
        Decision::HitStale {
            revalidate: Revalidate::Background,
            ..
        } => Served::Behind,
        Decision::HitStale { .. } => Served::Taken,
        Decision::Validate {
            why: Why::Stale | Why::Request | Why::NoCache,
        } => Served::Asked,
        other => panic!("{control}, {asked} at {seconds}: {other:?}"),
    }
}

#[test]
fn stale_while_revalidate_begins_with_staleness_and_ends_with_its_window() {
    use Served::{Asked, Behind, Fresh, Taken};
    let window = "max-age=60, stale-while-revalidate=30";
    for (control, age, asked, seconds, expected) in [
        (window, "0", "", 59, Fresh),
        (window, "0", "", 60, Behind),
        (window, "0", "", 89, Behind),
        (window, "0", "", 90, Asked),
        // What a cache before this one kept it for counts.
        (window, "10", "", 49, Fresh),
        (window, "10", "", 50, Behind),
        (window, "10", "", 79, Behind),
        (window, "10", "", 80, Asked),
        ("max-age=0, stale-while-revalidate=30", "0", "", 0, Behind),
        ("max-age=60, stale-while-revalidate=0", "0", "", 60, Asked),
        (
            "max-age=60, stale-while-revalidate=\"30\"",
            "0",
            "",
            89,
            Behind,
        ),
        ("max-age=60, Stale-While-Revalidate=30", "0", "", 89, Behind),
        ("max-age=60, stale-while-revalidate", "0", "", 60, Asked),
        ("max-age=60, stale-while-revalidate=-1", "0", "", 60, Asked),
        (
            "max-age=60, stale-while-revalidate=99999999999",
            "0",
            "",
            1 << 20,
            Behind,
        ),
        // The client's own directives, and the response's.
        (window, "0", "no-cache", 70, Asked),
        (window, "0", "max-age=100", 70, Asked),
        (window, "0", "min-fresh=1", 70, Asked),
        (window, "0", "max-stale=9", 70, Behind),
        (window, "0", "max-stale=10", 70, Taken),
        (window, "0", "max-stale", 500, Taken),
        (
            "max-age=60, no-cache, stale-while-revalidate=30",
            "0",
            "",
            1,
            Asked,
        ),
        (
            "max-age=60, must-revalidate, stale-while-revalidate=30",
            "0",
            "",
            70,
            Asked,
        ),
        (
            "max-age=60, proxy-revalidate, stale-while-revalidate=30",
            "0",
            "",
            70,
            Asked,
        ),
        ("s-maxage=60, stale-while-revalidate=30", "0", "", 70, Asked),
    ] {
        assert_eq!(
            served(control, age, asked, seconds),
            expected,
            "{control}; {asked} at {seconds}"
        );
    }
}

#[test]
fn stale_if_error_ends_with_its_window_and_where_it_is_not_said_with_ours() {
    let day = 86_400;
    for (control, asked, seconds, expected) in [
        ("max-age=60, stale-if-error=30", "", 59, true),
        ("max-age=60, stale-if-error=30", "", 60, true),
        ("max-age=60, stale-if-error=30", "", 89, true),
        ("max-age=60, stale-if-error=30", "", 90, false),
        ("max-age=60, stale-if-error=0", "", 59, true),
        ("max-age=60, stale-if-error=0", "", 60, false),
        ("max-age=60", "", 59 + day, true),
        ("max-age=60", "", 60 + day, false),
        // What cannot be read allows nothing.
        ("max-age=60, stale-if-error=x", "", 60, false),
        ("max-age=60, no-cache, stale-if-error=30", "", 10, false),
        (
            "max-age=60, must-revalidate, stale-if-error=30",
            "",
            59,
            true,
        ),
        (
            "max-age=60, must-revalidate, stale-if-error=30",
            "",
            61,
            false,
        ),
        (
            "max-age=60, proxy-revalidate, stale-if-error=30",
            "",
            61,
            false,
        ),
        ("s-maxage=60, stale-if-error=30", "", 61, false),
        // A request's own counts for that request (RFC 5861 section 4), and the smaller of the two.
        ("max-age=60", "stale-if-error=30", 89, true),
        ("max-age=60", "stale-if-error=30", 90, false),
        ("max-age=60", "Stale-If-Error=\"30\"", 90, false),
        ("max-age=60", "stale-if-error=0", 60, false),
        ("max-age=60", "stale-if-error=0", 59, true),
        ("max-age=60", "stale-if-error=172800", 60 + day, true),
        (
            "max-age=60, stale-if-error=30",
            "stale-if-error=9",
            69,
            false,
        ),
        (
            "max-age=60, stale-if-error=30",
            "stale-if-error=99",
            90,
            false,
        ),
        (
            "max-age=60, must-revalidate",
            "stale-if-error=99",
            61,
            false,
        ),
    ] {
        let stored = meta(200, &[DATE, ("cache-control", control), ("etag", "\"1\"")]);
        let request = request(Method::GET, &[("cache-control", asked)]);
        let policy = Policy::standards_only();
        let on_error = policy.on_error((&request).into(), &stored, at(seconds));
        let stale = matches!(on_error, OnError::ServeStale { .. });
        assert_eq!(stale, expected, "{control}; {asked} at {seconds}");
        if let OnError::ServeStale { age, remaining } = on_error {
            assert_eq!(age.as_secs(), seconds);
            assert_eq!(matches!(remaining, Remaining::Stale(_)), seconds >= 60);
        }
    }
}

#[test]
fn failures_are_the_four_of_rfc_5861_and_do_not_stand_in_for_one_another() {
    for status in 200..600 {
        let expected = matches!(status, 500 | 502 | 503 | 504);
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(Policy::is_failure(status), expected, "{status}");
    }
    for (status, stands_in) in [
        (200, true),
        (404, true),
        (500, false),
        (501, true),
        (503, false),
    ] {
        let control = ("cache-control", "max-age=60, stale-if-error=30");
        let stored = meta(status, &[DATE, control, ("etag", "\"1\"")]);
        let request = request(Method::GET, &[]);
        let stale = Policy::standards_only().on_error((&request).into(), &stored, at(61));
        assert_eq!(
            matches!(stale, OnError::ServeStale { .. }),
            stands_in,
            "{status}"
        );
    }
}

#[test]
fn must_understand_stores_what_is_understood_in_spite_of_no_store_and_nothing_else() {
    let kept = [
        200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 414, 421,
    ];
    let unknown = [
        299, 306, 309, 399, 418, 419, 430, 451, 499, 506, 520, 599, 600, 999,
    ];
    for (statuses, understood) in [(&kept[..], true), (&unknown[..], false)] {
        for &status in statuses {
            for (control, expected) in [
                ("max-age=60, must-understand", understood),
                ("max-age=60, must-understand, no-store", understood),
                ("max-age=60, MUST-UNDERSTAND, No-Store", understood),
                ("max-age=60, no-store", false),
                ("max-age=60", true),
            ] {
                let told = storage(
                    &Policy::standards_only(),
                    status,
                    &[DATE, ("cache-control", control)],
                );
                let stored = matches!(told, Storage::Store(_));
                assert_eq!(stored, expected, "{status} {control}");
            }
        }
    }
    let part = storage(
        &Policy::standards_only(),
        206,
        &[
            DATE,
            ("cache-control", "max-age=60, must-understand, no-store"),
        ],
    );
    assert_eq!(part, Storage::Refuse(NotStored::Partial));
}
