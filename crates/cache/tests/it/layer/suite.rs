//! What conformance suites ask of caches: one answer of the origin, and whether a second request goes there again.

use http::{Method, Request, Response};

use crate::origin::{Answer, Got, OriginBody, World, get, respond};

/// Fields of an answer, any name as often as it stands there.
type Fields = &'static [(&'static str, &'static str)];

/// Says whether a second request, two seconds later, is answered from the store.
async fn is_reused(status: u16, fields: &[(&str, &str)]) -> bool {
    let world = World::new();
    world.say(status, fields, "first");
    let first = world.get("/", &[]).await;
    assert_eq!((first.status, first.text()), (status, "first"));
    world.pass(2);
    world.say(200, &[], "second");
    let second = world.get("/", &[]).await;
    let reused = second.text() == "first";
    assert_eq!(second.headers.contains_key("age"), reused, "{fields:?}");
    reused
}

#[tokio::test]
async fn targeted_fields_decide_for_a_shared_cache() {
    // RFC 9213, and section 4.2 of RFC 8941 for what is no dictionary.
    const FUTURE: (&str, &str) = ("expires", "Mon, 21 Sep 2026 17:13:20 GMT");
    const PAST: (&str, &str) = ("expires", "Mon, 21 Sep 2026 11:13:20 GMT");
    const LONG: (&str, &str) = ("cache-control", "max-age=10000");
    const SHORT: (&str, &str) = ("cache-control", "max-age=1");
    const NEVER: (&str, &str) = ("cache-control", "no-store");
    let told: [(Fields, bool); 30] = [
        (&[("cdn-cache-control", "max-age=3600")], true),
        (&[("cdn-cache-control", "max-age=2147483648")], true),
        (&[("cdn-cache-control", "max-age=99999999999")], true),
        (
            &[("cdn-cache-control", "max-age=3600"), ("age", "7200")],
            false,
        ),
        (&[SHORT, ("cdn-cache-control", "max-age =100")], false),
        (&[SHORT, ("cdn-cache-control", "max-age= 100")], false),
        (&[SHORT, ("cdn-cache-control", "MaX-aGe=100")], false),
        (&[("cdn-cache-control", "max-age=0"), LONG], false),
        (&[("cdn-cache-control", "foobar, max-age=3600")], true),
        (&[("cdn-cache-control", "max-age=3600;a=b;c")], true),
        (&[("cdn-cache-control", "max-age=3600"), PAST], true),
        (
            &[("cdn-cache-control", "max-age=3600"), ("expires", "0")],
            true,
        ),
        (&[("cdn-cache-control", "max-age=0"), FUTURE], false),
        (&[("cdn-cache-control", "max-age=3600"), SHORT], true),
        (&[("cdn-cache-control", "max-age=1"), LONG], false),
        (&[("cdn-cache-control", "private"), LONG, FUTURE], false),
        (&[("cdn-cache-control", "no-cache"), LONG, FUTURE], false),
        (&[("cdn-cache-control", "no-store"), LONG, FUTURE], false),
        (&[("cdn-cache-control", "max-age=10000"), NEVER], true),
        (
            &[("cdn-cache-control", "max-age=10000, &&&&&"), NEVER],
            false,
        ),
        (&[("cdn-cache-control", "max-age=\"10000\""), NEVER], false),
        (&[("cdn-cache-control", "max-age=10000.0"), NEVER], false),
        (&[("cdn-cache-control", ""), LONG], true),
        (&[("cdn-cache-control", "max-age=1, max-age=10000")], true),
        (
            &[("cdn-cache-control", "max-age=10000, max-age=1"), LONG],
            false,
        ),
        (&[("cdn-cache-control", "s-maxage=9, max-age=1")], true),
        (
            &[
                ("cdn-cache-control", "max-age=9"),
                ("cdn-cache-control", "no-store"),
                LONG,
            ],
            false,
        ),
        (
            &[("cdn-cache-control", "must-understand, no-store, max-age=9")],
            true,
        ),
        (&[("surrogate-control", "max-age=9"), SHORT], false),
        (
            &[
                ("cache-control", "private"),
                ("cdn-cache-control", "max-age=9"),
            ],
            true,
        ),
    ];
    for (fields, expected) in told {
        assert_eq!(is_reused(200, fields).await, expected, "{fields:?}");
    }
    let world = World::new();
    world.say(200, &[("cdn-cache-control", "foo, max-age=9"), LONG], "x");
    for _ in 0..2 {
        let got = world.get("/", &[]).await;
        assert_eq!(
            got.field("cdn-cache-control"),
            "foo, max-age=9",
            "it is passed on"
        );
    }
}

#[tokio::test]
async fn what_an_age_says_is_what_its_first_member_says() {
    // RFC 9111 section 5.1.
    let told: [(Fields, bool); 13] = [
        (&[("age", "abc")], true),
        (&[("age", "-7200")], true),
        (&[("age", "7200.0")], true),
        (&[("age", "7200;foo=bar")], true),
        (&[("age", "2147483647")], false),
        (&[("age", "2147483648")], false),
        (&[("age", "2147483649")], false),
        (&[("age", "7200, 0")], false),
        (&[("age", "0, 7200")], true),
        (&[("age", "7200"), ("age", "0")], false),
        (&[("age", "0"), ("age", "7200")], true),
        (&[("age", "0, 0")], true),
        (&[("age", "1800"), ("age", "1800")], true),
    ];
    for (fields, expected) in told {
        let mut fields = fields.to_vec();
        fields.push(("cache-control", "max-age=3600"));
        assert_eq!(is_reused(200, &fields).await, expected, "{fields:?}");
    }
}

#[tokio::test]
async fn any_final_status_is_reused_while_it_says_so() {
    // RFC 9111 sections 3 and 4.2.2; 1xx, 206 and 304 are no whole responses.
    for status in [
        200, 201, 202, 203, 205, 226, 299, 300, 301, 302, 303, 305, 306, 307, 308, 399, 400, 401,
        402, 403, 404, 405, 406, 408, 409, 410, 412, 413, 414, 415, 417, 418, 421, 422, 426, 428,
        429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 511, 599, 999,
    ] {
        let explicit = [("cache-control", "max-age=60")];
        assert!(is_reused(status, &explicit).await, "{status} fresh");
        let stale = [
            ("cache-control", "max-age=60"),
            ("age", "61"),
            ("etag", "\"1\""),
        ];
        assert!(!is_reused(status, &stale).await, "{status} stale");
        let modified = ("last-modified", "Sun, 20 Sep 2026 14:13:20 GMT");
        let heuristic = [200, 203, 300, 301, 308, 404, 405, 410, 414, 501].contains(&status);
        assert_eq!(is_reused(status, &[modified]).await, heuristic, "{status}");
        let public = [modified, ("cache-control", "public")];
        assert!(is_reused(status, &public).await, "{status} public");
        let understood = [("cache-control", "max-age=60, no-store, must-understand")];
        let expected = !matches!(
            status,
            226 | 299 | 306 | 399 | 418 | 428 | 429 | 431 | 451 | 499 | 511 | 599 | 999
        );
        assert_eq!(
            is_reused(status, &understood).await,
            expected,
            "{status} must-understand"
        );
    }
}

#[tokio::test]
async fn a_post_is_stored_for_what_asks_for_its_target() {
    // RFC 9110 section 9.3.3: with an explicit lifetime, and as the target's own content.
    for (fields, expected) in [
        (
            &[("cache-control", "max-age=60"), ("content-location", "/x")][..],
            true,
        ),
        (
            &[
                ("cache-control", "max-age=60"),
                ("content-location", "http://a.example/x"),
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
        (
            &[
                ("last-modified", "Sun, 20 Sep 2026 14:13:20 GMT"),
                ("content-location", "/x"),
            ],
            false,
        ),
        (
            &[
                ("cache-control", "no-store, max-age=60"),
                ("content-location", "/x"),
            ],
            false,
        ),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let world = World::new();
            world.say(200, fields, "posted");
            let post = Request::post("http://a.example/x").body("a form".to_owned());
            assert_eq!(world.fetch(post.unwrap()).await.text(), "posted");
            world.say(200, &[], "fetched");
            let mut request = get("/x", &[]);
            *request.method_mut() = method.clone();
            world.fetch(request).await;
            assert_eq!(world.seen() == 1, expected, "{method} {fields:?}");
            // Another POST is never answered by it.
            world.say(200, &[], "again");
            let post = Request::post("http://a.example/x").body(String::new());
            assert_eq!(world.fetch(post.unwrap()).await.status, 200);
            assert_eq!(world.seen(), if expected { 2 } else { 3 });
        }
    }
}

async fn head(world: &World) -> Got {
    world
        .fetch(
            Request::head("http://a.example/")
                .body(String::new())
                .unwrap(),
        )
        .await
}

#[tokio::test]
async fn a_head_freshens_a_stored_get_or_shows_that_it_changed() {
    // RFC 9111 section 4.3.5.
    const FRESH: (&str, &str) = ("cache-control", "max-age=60");
    const LATER: (&str, &str) = ("date", "Mon, 21 Sep 2026 14:14:21 GMT");
    for (status, fields, kept) in [
        (
            200,
            &[FRESH, LATER, ("etag", "\"1\""), ("x-new", "1")][..],
            true,
        ),
        (
            200,
            &[FRESH, LATER, ("etag", "\"1\""), ("content-length", "5")],
            true,
        ),
        (200, &[FRESH, LATER], true),
        (200, &[FRESH, LATER, ("etag", "\"2\"")], false),
        (
            200,
            &[FRESH, LATER, ("etag", "\"1\""), ("content-length", "6")],
            false,
        ),
        (
            200,
            &[
                FRESH,
                LATER,
                ("etag", "\"1\""),
                ("last-modified", "Mon, 21 Sep 2026 14:14:00 GMT"),
            ],
            false,
        ),
    ] {
        let world = World::new();
        let modified = ("last-modified", "Mon, 21 Sep 2026 13:14:00 GMT");
        world.say(200, &[FRESH, ("etag", "\"1\""), modified], "hello");
        world.get("/", &[]).await;
        world.pass(61);
        let (_, body) = OriginBody::fed(Some(0));
        let answer: Answer = Ok(respond(status, fields).body(body).unwrap());
        world.answer(std::future::ready(answer));
        assert_eq!(head(&world).await.status, 200);
        world.say(200, &[FRESH, LATER], "changed");
        let got = world.get("/", &[]).await;
        let expected = if kept { ("hello", 2) } else { ("changed", 3) };
        assert_eq!((got.text(), world.seen()), expected, "{fields:?}");
        let updated = fields.contains(&("x-new", "1"));
        assert_eq!(got.field("x-new") == "1", updated, "{fields:?}");
    }
}

#[tokio::test]
async fn what_answers_a_head_otherwise_says_nothing_about_a_stored_get() {
    for status in [404, 410, 500, 503] {
        let world = World::new();
        let fields = [("cache-control", "max-age=60"), ("etag", "\"1\"")];
        world.say(200, &fields, "hello");
        world.get("/", &[]).await;
        world.pass(61);
        let later = ("date", "Mon, 21 Sep 2026 14:14:21 GMT");
        world.say(
            status,
            &[later, ("cache-control", "max-age=60"), ("x-new", "1")],
            "",
        );
        head(&world).await;
        let fresh = [later, fields[0], fields[1]];
        world.say(304, &fresh, "");
        let got = world.get("/", &[]).await;
        assert_eq!((got.text(), got.field("x-new")), ("hello", ""), "{status}");
        assert_eq!(world.last_field("if-none-match").as_deref(), Some("\"1\""));
    }
}

#[tokio::test]
async fn a_304_that_varies_on_everything_ends_what_is_stored() {
    let world = World::new();
    let fresh = [("cache-control", "max-age=60"), ("etag", "\"1\"")];
    world.say(200, &fresh, "first");
    world.get("/", &[]).await;
    world.pass(61);
    world.say(304, &[fresh[0], fresh[1], ("vary", "*")], "");
    let got = world.get("/", &[]).await;
    assert_eq!((got.text(), got.field("vary")), ("first", "*"));
    world.say(200, &fresh, "second");
    assert_eq!(world.get("/", &[]).await.text(), "second");
}

#[tokio::test]
async fn a_304_that_qualifies_a_field_takes_it_away() {
    // RFC 9111 section 5.2.2.4: it must not be sent again without asking.
    for directive in ["no-cache", "private"] {
        let world = World::new();
        let tag = ("etag", "\"1\"");
        let fields = [
            ("cache-control", "max-age=60"),
            tag,
            ("x-user", "a"),
            ("x-kept", "b"),
        ];
        world.say(200, &fields, "hello");
        assert_eq!(world.get("/", &[]).await.field("x-user"), "a");
        world.pass(61);
        let control = format!("max-age=99, {directive}=\"x-user\"");
        world.say(
            304,
            &[("cache-control", &control), tag, ("x-user", "c")],
            "",
        );
        world.get("/", &[]).await;
        let hit = world.get("/", &[]).await;
        assert_eq!((hit.text(), world.seen()), ("hello", 2));
        assert_eq!(
            (hit.field("x-user"), hit.field("x-kept")),
            ("", "b"),
            "{directive}"
        );
    }
}

#[tokio::test]
async fn a_304_to_a_client_has_an_age() {
    // RFC 9111 section 4, RFC 9110 section 15.4.5.
    let world = World::new();
    let fields = [
        ("cache-control", "max-age=60"),
        ("etag", "\"1\""),
        ("content-location", "/y"),
        ("expires", "0"),
        ("vary", "foo"),
        ("age", "7"),
        ("content-type", "text/plain"),
        ("x-other", "1"),
        ("last-modified", "Mon, 21 Sep 2026 13:14:00 GMT"),
    ];
    world.say(200, &fields, "hello");
    world.get("/", &[]).await;
    world.pass(5);
    let got = world.get("/", &[("if-none-match", "\"0\", W/\"1\"")]).await;
    assert_eq!((got.status, got.text(), got.field("age")), (304, "", "12"));
    let mut names: Vec<_> = got.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "age",
            "cache-control",
            "cache-status",
            "content-location",
            "date",
            "etag",
            "expires",
            "vary"
        ]
    );
}

#[tokio::test]
async fn a_304_without_a_tag_has_the_date_by_which_it_was_judged() {
    let world = World::new();
    let modified = "Mon, 21 Sep 2026 13:14:00 GMT";
    world.say(
        200,
        &[("cache-control", "max-age=60"), ("last-modified", modified)],
        "hello",
    );
    world.get("/", &[]).await;
    let got = world.get("/", &[("if-modified-since", modified)]).await;
    assert_eq!((got.status, got.field("last-modified")), (304, modified));
}

fn multipart() -> Response<OriginBody> {
    let body = "\r\n--x\r\nContent-Range: bytes 0-0/9\r\n\r\na\r\n--x--\r\n";
    let kind = ("content-type", "multipart/byteranges; boundary=x");
    let fields = [("cache-control", "max-age=60"), ("etag", "\"1\""), kind];
    respond(206, &fields).body(OriginBody::whole(body)).unwrap()
}

#[tokio::test]
async fn several_ranges_from_the_origin_pass_through_and_are_not_kept() {
    let world = World::new();
    for seen in 1..3 {
        world.answer(std::future::ready(Ok(multipart())));
        let got = world.get("/", &[("range", "bytes=0-0, 3-3")]).await;
        assert_eq!(
            (got.status, got.field("content-type")),
            (206, "multipart/byteranges; boundary=x")
        );
        assert_eq!(
            got.cache_status(),
            "eaves; fwd=uri-miss; fwd-status=206; detail=partial"
        );
        assert_eq!((world.seen(), world.store.usage().entries), (seen, 0));
    }
}

#[tokio::test]
async fn a_range_in_another_unit_is_for_the_origin_or_for_nobody() {
    // RFC 9110 section 14.2: who does not know the unit ignores the field.
    let world = World::new();
    let fresh = ("cache-control", "max-age=60");
    let place = ("content-range", "lines 0-1/9");
    world.say(206, &[fresh, place], "one");
    let unit = [("range", "lines=0-1")];
    let got = world.get("/", &unit).await;
    assert_eq!((got.status, got.text()), (206, "one"));
    assert_eq!(world.last_field("range").as_deref(), Some("lines=0-1"));
    world.say(200, &[fresh], "whole");
    for range in [
        &[][..],
        &unit,
        &[("range", "bytes=x")],
        &[("range", "bytes=2-1")],
    ] {
        let got = world.get("/", range).await;
        assert_eq!((got.status, got.text()), (200, "whole"), "{range:?}");
    }
    assert_eq!(world.seen(), 2);
}

#[tokio::test]
async fn a_date_that_is_not_strong_gives_no_range() {
    // RFC 9110 sections 8.8.2.2 and 13.1.5: changed in the second in which it was sent, it may change again.
    for (modified, date, status) in [
        (
            "Mon, 21 Sep 2026 14:13:19 GMT",
            "Mon, 21 Sep 2026 14:13:19 GMT",
            206,
        ),
        (
            "Mon, 21 Sep 2026 14:13:20 GMT",
            "Mon, 21 Sep 2026 14:13:20 GMT",
            200,
        ),
        (
            "Mon, 21 Sep 2026 14:13:19 GMT",
            "Mon, 21 Sep 2026 14:13:18 GMT",
            200,
        ),
        (
            "Mon, 21 Sep 2026 14:13:19 GMT",
            "Monday, 21-Sep-26 14:13:19 GMT",
            206,
        ),
    ] {
        let world = World::new();
        let fields = [("cache-control", "max-age=60"), ("last-modified", modified)];
        world.say(200, &fields, "hello");
        world.get("/", &[]).await;
        let asked = [("range", "bytes=0-1"), ("if-range", date)];
        assert_eq!(
            world.get("/", &asked).await.status,
            status,
            "{modified}; {date}"
        );
    }
}
