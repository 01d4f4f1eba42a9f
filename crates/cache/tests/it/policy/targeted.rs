//! Targeted fields, from the text of RFC 9213.

use eaves_cache::policy::{Basis, Kind, NotStored, Policy, Storage, Times};
use http::{HeaderName, Method};

use super::{DATE, at, request, response, storage};

/// The lifetime in seconds, or why it is not stored.
fn told(policy: &Policy, fields: &[(&str, &str)]) -> Result<u64, NotStored> {
    let mut all = vec![DATE, ("etag", "\"1\"")];
    all.extend(fields);
    match storage(policy, 200, &all) {
        Storage::Store(meta) => Ok(meta.lifetime.as_secs()),
        Storage::Refuse(reason) => Err(reason),
    }
}

#[test]
fn a_valid_field_that_is_not_empty_replaces_cache_control_and_expires() {
    // Sections 2.1 and 2.2.
    for (targeted, general, expected) in [
        ("max-age=60", "max-age=5", Ok(60)),
        ("max-age=60", "no-store", Ok(60)),
        ("max-age=60", "private", Ok(60)),
        ("max-age=60", "s-maxage=5", Ok(60)),
        ("max-age=60, s-maxage=9", "max-age=5", Ok(9)),
        ("no-store", "max-age=5", Err(NotStored::NoStore)),
        ("private", "max-age=5", Err(NotStored::Private)),
        ("no-store=?0, max-age=60", "no-store", Ok(60)),
        ("max-age=60;param=1;other", "max-age=5", Ok(60)),
        ("unknown, max-age=60", "max-age=5", Ok(60)),
        ("max-age=60,\tno-transform", "max-age=5", Ok(60)),
        ("max-age=7, max-age=60", "max-age=5", Ok(60)),
        ("  max-age=60  ", "max-age=5", Ok(60)),
        ("max-age=0", "max-age=5", Ok(0)),
        ("max-age=999999999999999", "max-age=5", Ok(1 << 31)),
    ] {
        let fields = [
            ("cdn-cache-control", targeted),
            ("cache-control", general),
            ("expires", "Mon, 21 Sep 2026 14:14:25 GMT"),
        ];
        assert_eq!(
            told(&Policy::standards_only(), &fields),
            expected,
            "{targeted}"
        );
    }
}

#[test]
fn a_field_that_is_empty_or_invalid_is_as_if_it_were_not_there() {
    for targeted in [
        "",
        " ",
        "max-age=60, &&&&&",
        "max-age=60,",
        ", max-age=60",
        "Max-Age=60",
        "max-age = 60",
        "max-age=60 s-maxage=9",
        "max-age=\"60",
        "max-age=1234567890123456",
        // Of the wrong type, and nothing else is there.
        "max-age=\"60\"",
        "max-age=60.5",
        "max-age=?1",
        "max-age=(60)",
        "max-age=-60",
        "no-store=1",
        "no-store=\"yes\"",
    ] {
        let fields = [
            ("cdn-cache-control", targeted),
            ("cache-control", "max-age=5"),
        ];
        assert_eq!(
            told(&Policy::standards_only(), &fields),
            Ok(5),
            "{targeted}"
        );
    }
}

#[test]
fn lines_of_a_field_are_one_dictionary() {
    let policy = Policy::standards_only();
    let lines = [
        ("cdn-cache-control", "max-age=60"),
        ("cdn-cache-control", "s-maxage=9"),
    ];
    assert_eq!(told(&policy, &lines), Ok(9));
    let lines = [
        ("cdn-cache-control", "max-age=60"),
        ("cdn-cache-control", "&"),
        ("cache-control", "max-age=5"),
    ];
    assert_eq!(told(&policy, &lines), Ok(5));
}

#[test]
fn the_first_of_the_list_that_is_valid_counts_and_only_shared_caches_look() {
    let own = HeaderName::from_static("example-cache-control");
    let cdn = HeaderName::from_static("cdn-cache-control");
    let policy = Policy::standards_only().targets([own, cdn]);
    let control = ("cache-control", "max-age=5");
    for (first, second, expected) in [
        ("max-age=60", "max-age=9", 60),
        ("max-age=&", "max-age=9", 9),
        ("", "max-age=9", 9),
        ("", "", 5),
    ] {
        let fields = [
            ("example-cache-control", first),
            ("cdn-cache-control", second),
            control,
        ];
        assert_eq!(told(&policy, &fields), Ok(expected), "{first} {second}");
        let private = policy.clone().kind(Kind::Private);
        assert_eq!(
            told(&private, &fields),
            Ok(5),
            "a private cache has no list"
        );
        let none = Policy::standards_only().targets([]);
        assert_eq!(told(&none, &fields), Ok(5), "an empty list");
    }
}

#[test]
fn age_counts_whatever_field_gave_the_lifetime() {
    let fields = [DATE, ("cdn-cache-control", "max-age=60"), ("age", "50")];
    let asked = request(Method::GET, &[]);
    let stored = Policy::standards_only().storage(
        (&asked).into(),
        (&response(200, &fields)).into(),
        Times::at(at(0)),
    );
    let Storage::Store(meta) = stored else {
        panic!("it may be stored")
    };
    assert_eq!(
        (meta.basis, meta.initial_age.as_secs()),
        (Basis::MaxAge, 50)
    );
    assert!(meta.remaining(at(9)).is_fresh() && !meta.remaining(at(10)).is_fresh());
}
