//! What is served, validated or forwarded: RFC 9111 sections 4 and 5.2.1.

use std::time::Duration;

use eaves_cache::policy::{
    Bypass, Decision, Kind, Lifetime, OnError, Policy, RequestHead, ResponseHead, Revalidate, Rule,
    Storage, Times, Why,
};
use http::{Method, StatusCode};

use super::{DATE, at, head, request, response};

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
fn what_is_immutable_is_not_validated_while_it_is_fresh_unless_the_request_insists() {
    // RFC 8246 section 2.
    for (stored, control, seconds, is_hit) in [
        ("max-age=60, immutable", "max-age=0", 30, true),
        ("max-age=60, Immutable", "max-age=0, no-cache", 30, false),
        ("max-age=60, immutable", "no-cache", 30, false),
        ("max-age=60, immutable", "min-fresh=40", 30, false),
        ("max-age=60, immutable", "max-age=0", 60, false),
        ("max-age=60, immutable", "", 60, false),
        ("max-age=60", "max-age=0", 30, false),
    ] {
        let stored = head(&[DATE, ("cache-control", stored)]);
        let asked = request(Method::GET, &[("cache-control", control)]);
        for kind in [Kind::Private, Kind::Shared] {
            let policy = Policy::default().kind(kind);
            let decision = policy.decide((&asked).into(), Some(&stored), None, at(seconds));
            let hit = matches!(decision, Decision::Hit { .. });
            assert_eq!(hit, is_hit, "{control} at {seconds}: {decision:?}");
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
            Policy::default().on_error((&asked).into(), stored.meta(), at(70)),
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
fn heads_of_requests_and_responses_borrow() {
    let (request, response) = (request(Method::GET, &[]), response(404, &[]));
    let (parts, ()) = request.into_parts();
    assert_eq!(RequestHead::from(&parts).uri.path(), "/x");
    let (parts, ()) = response.into_parts();
    assert_eq!(ResponseHead::from(&parts).status, 404);
}

#[test]
fn an_operators_rules_force_cap_and_bypass() {
    let seconds = Duration::from_secs;
    let policy = Policy::standards_only()
        .rule(Rule::new(Lifetime::Bypass).path("/x/secret*"))
        .rule(Rule::new(Lifetime::Cap(seconds(5))).status(StatusCode::NOT_FOUND))
        .rule(
            Rule::new(Lifetime::Force(seconds(100)))
                .host("A.example")
                .path("/x"),
        );
    let lifetime = |status: u16, control: &str| {
        let asked = request(Method::GET, &[]);
        let answer = response(
            status,
            &[DATE, ("cache-control", control), ("etag", "\"1\"")],
        );
        let times = Times::at(at(0));
        match policy.storage((&asked).into(), (&answer).into(), times) {
            Storage::Store(meta) => Some((meta.lifetime.as_secs(), meta.no_cache)),
            Storage::Refuse(_) => None,
        }
    };
    assert_eq!(lifetime(404, "max-age=60"), Some((5, false)));
    assert_eq!(lifetime(404, "max-age=3"), Some((3, false)));
    assert_eq!(lifetime(200, "max-age=3"), Some((100, false)));
    assert_eq!(lifetime(200, "no-cache"), Some((100, false)));
    assert_eq!(
        lifetime(200, "no-store"),
        None,
        "what forbids storing forbids it still"
    );
    let secret = http::Request::get("http://a.example/x/secrets")
        .body(())
        .unwrap();
    assert_eq!(policy.bypass((&secret).into()), Some(Bypass::Operator));
    let by_host = http::Request::get("/x")
        .header("host", "b.example:80")
        .body(())
        .unwrap();
    let answer = response(200, &[DATE, ("cache-control", "max-age=3")]);
    let stored = policy.storage((&by_host).into(), (&answer).into(), Times::at(at(0)));
    assert!(matches!(stored, Storage::Store(meta) if meta.lifetime == seconds(3)));
}

#[test]
fn without_contact_means_without_contact_whatever_else_is_asked() {
    // RFC 9111 section 5.2.1.7.
    let stored = head(&[DATE, ("cache-control", "max-age=60"), ("etag", "\"1\"")]);
    for control in [
        "only-if-cached",
        "only-if-cached, no-store",
        "no-store, only-if-cached",
    ] {
        let asked = request(Method::GET, &[("cache-control", control)]);
        let decide = |stored, now| Policy::default().decide((&asked).into(), stored, None, now);
        assert_eq!(decide(None, at(0)), Decision::GatewayTimeout, "{control}");
        assert_eq!(
            decide(Some(&stored), at(61)),
            Decision::GatewayTimeout,
            "{control}"
        );
        let hit = decide(Some(&stored), at(9));
        assert!(matches!(hit, Decision::Hit { .. }), "{control}: {hit:?}");
    }
    let asked = request(
        Method::GET,
        &[("cache-control", "only-if-cached, no-cache")],
    );
    let decision = Policy::default().decide((&asked).into(), Some(&stored), None, at(9));
    assert_eq!(decision, Decision::GatewayTimeout);
}
