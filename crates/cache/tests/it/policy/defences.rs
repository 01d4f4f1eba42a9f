//! Refusals beyond the standards.

use eaves_cache::policy::{Decision, Guard, NotStored, Policy, Storage, Times};
use http::{Method, Request};

use super::{DATE, at, head, request, response, storage};

#[test]
fn cookies_are_guarded_by_default() {
    let fields = [("cache-control", "max-age=60"), ("set-cookie", "a=b")];
    let guarded = storage(&Policy::default(), 200, &fields);
    assert_eq!(guarded, Storage::Refuse(NotStored::SetCookie));
    let public = [
        ("cache-control", "max-age=60, public"),
        ("set-cookie", "a=b"),
    ];
    let shared = [("cache-control", "s-maxage=60"), ("set-cookie", "a=b")];
    for fields in [&public, &shared] {
        let stored = storage(&Policy::default(), 200, fields);
        assert!(matches!(stored, Storage::Store(_)), "{fields:?}");
    }
    let off = Policy::default().set_cookie(Guard::Off);
    assert!(matches!(storage(&off, 200, &fields), Storage::Store(_)));
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
