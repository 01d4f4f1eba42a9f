//! Hits, validation, Vary, conditions, ranges, invalidation.

use http::{Request, header::CACHE_STATUS};

use crate::origin::{World, get};

const FRESH: &[(&str, &str)] = &[("cache-control", "max-age=60")];

#[tokio::test]
async fn the_second_request_is_a_hit_with_age() {
    let world = World::new();
    world.say(200, FRESH, "hello");
    let first = world.get("/", &[]).await;
    assert_eq!(
        first.cache_status(),
        "eaves; fwd=uri-miss; fwd-status=200; ttl=60; stored"
    );
    world.pass(7);
    let second = world.get("/", &[]).await;
    assert_eq!((second.status, second.text()), (200, "hello"));
    assert_eq!(second.cache_status(), "eaves; hit; ttl=53");
    assert_eq!((second.field("age"), world.seen()), ("7", 1));
    let stats = world.layer.stats();
    assert_eq!(
        (stats.hits, stats.misses, stats.stored, stats.store.entries),
        (1, 1, 1, 1)
    );
}

#[tokio::test]
async fn a_request_no_cache_validates_and_a_304_freshens() {
    let world = World::new();
    world.say(
        200,
        &[("cache-control", "max-age=60"), ("etag", "\"1\"")],
        "hello",
    );
    world.say(
        304,
        &[
            ("etag", "\"1\""),
            ("x-new", "yes"),
            ("cache-control", "max-age=90"),
        ],
        "",
    );
    world.get("/", &[]).await;
    let validated = world.get("/", &[("cache-control", "no-cache")]).await;
    assert_eq!((validated.status, validated.text()), (200, "hello"));
    assert_eq!(
        validated.cache_status(),
        "eaves; fwd=request; fwd-status=304; ttl=90; stored"
    );
    assert_eq!(world.last_field("if-none-match").as_deref(), Some("\"1\""));
    let hit = world.get("/", &[]).await;
    assert_eq!(
        (hit.field("x-new"), hit.cache_status()),
        ("yes", "eaves; hit; ttl=90")
    );
}

#[tokio::test]
async fn a_304_about_something_else_is_asked_again_without_conditions() {
    let world = World::new();
    world.say(
        200,
        &[("cache-control", "max-age=1"), ("etag", "\"1\"")],
        "old",
    );
    world.say(304, &[("etag", "\"2\"")], "");
    world.say(
        200,
        &[("cache-control", "max-age=60"), ("etag", "\"2\"")],
        "new",
    );
    world.get("/", &[]).await;
    world.pass(5);
    let got = world.get("/", &[]).await;
    assert_eq!((got.text(), world.seen()), ("new", 3));
    assert_eq!(world.last_field("if-none-match"), None);
    assert_eq!(world.get("/", &[]).await.text(), "new");
}

#[tokio::test]
async fn variants_live_side_by_side_and_one_purge_removes_all() {
    let world = World::new();
    let fields = [("cache-control", "max-age=60"), ("vary", "foo")];
    world.say(200, &fields, "one");
    world.say(200, &fields, "two");
    world.say(200, &fields, "none");
    for (value, body) in [("1", "one"), ("2", "two"), ("1", "one"), ("2", "two")] {
        assert_eq!(world.get("/", &[("foo", value)]).await.text(), body);
    }
    let absent = world.get("/", &[]).await;
    assert_eq!((absent.text(), world.seen()), ("none", 3));
    assert_eq!(
        absent.cache_status(),
        "eaves; fwd=vary-miss; fwd-status=200; ttl=60; stored"
    );
    assert_eq!(
        world.layer.purge(&"http://a.example/".parse().unwrap()),
        Ok(true)
    );
    world.say(200, &fields, "again");
    assert_eq!(world.get("/", &[("foo", "1")]).await.text(), "again");
}

#[tokio::test]
async fn a_client_that_has_it_gets_a_304_from_the_cache() {
    let world = World::new();
    let fields = [
        ("cache-control", "max-age=60"),
        ("etag", "W/\"1\""),
        ("x-body", "about"),
    ];
    world.say(200, &fields, "hello");
    world.get("/", &[]).await;
    let got = world.get("/", &[("if-none-match", "\"0\", \"1\"")]).await;
    assert_eq!(
        (got.status, got.text(), got.field("etag")),
        (304, "", "W/\"1\"")
    );
    assert_eq!(
        (got.field("x-body"), got.cache_status()),
        ("", "eaves; hit; ttl=60")
    );
    assert_eq!(
        world.get("/", &[("if-none-match", "\"2\"")]).await.status,
        200
    );
}

#[tokio::test]
async fn ranges_are_cut_from_the_whole() {
    let world = World::new();
    world.say(
        200,
        &[("cache-control", "max-age=60"), ("etag", "\"1\"")],
        "0123456789",
    );
    world.get("/", &[]).await;
    for (range, body, place) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-1", "9", "bytes 9-9/10"),
    ] {
        let got = world.get("/", &[("range", range)]).await;
        assert_eq!(
            (got.status, got.text(), got.field("content-range")),
            (206, body, place)
        );
    }
    let other = world
        .get("/", &[("range", "bytes=2-4"), ("if-range", "\"2\"")])
        .await;
    assert_eq!((other.status, other.text()), (200, "0123456789"));
}

#[tokio::test]
async fn an_unsafe_method_invalidates_its_target_and_what_it_names() {
    let world = World::new();
    world.say(200, FRESH, "list");
    world.say(200, FRESH, "seven");
    world.get("/list", &[]).await;
    world.get("/list/7", &[]).await;
    world.say(
        201,
        &[
            ("location", "/list/7"),
            ("content-location", "http://b.example/"),
        ],
        "",
    );
    let post = Request::post("http://a.example/list")
        .body("x".to_owned())
        .unwrap();
    let posted = world.fetch(post).await;
    assert_eq!(posted.cache_status(), "eaves; fwd=method; fwd-status=201");
    world.say(200, FRESH, "list 2");
    world.say(200, FRESH, "seven 2");
    assert_eq!(world.get("/list", &[]).await.text(), "list 2");
    assert_eq!(world.get("/list/7", &[]).await.text(), "seven 2");
}

#[tokio::test]
async fn a_failed_unsafe_request_invalidates_nothing() {
    let world = World::new();
    world.say(200, FRESH, "kept");
    world.get("/", &[]).await;
    world.say(500, &[], "");
    world
        .fetch(
            Request::post("http://a.example/")
                .body(String::new())
                .unwrap(),
        )
        .await;
    assert_eq!(world.get("/", &[]).await.text(), "kept");
}

#[tokio::test]
async fn head_is_answered_from_a_stored_get() {
    let world = World::new();
    world.say(200, FRESH, "hello");
    world.get("/", &[]).await;
    let got = world
        .fetch(
            Request::head("http://a.example/")
                .body(String::new())
                .unwrap(),
        )
        .await;
    assert_eq!(
        (got.status, got.text(), got.field("content-length")),
        (200, "", "5")
    );
    assert_eq!(got.cache_status(), "eaves; hit; ttl=60");
}

#[tokio::test]
async fn only_if_cached_gets_what_is_there_or_a_504() {
    let world = World::new();
    let only = [("cache-control", "only-if-cached")];
    assert_eq!(world.get("/", &only).await.status, 504);
    world.say(200, FRESH, "hello");
    world.get("/", &[]).await;
    assert_eq!(world.get("/", &only).await.text(), "hello");
    assert_eq!(world.seen(), 1);
}

#[tokio::test]
async fn what_may_not_be_stored_is_passed_on_and_says_why() {
    let world = World::new();
    for (fields, reason) in [
        (&[("cache-control", "no-store")][..], "no-store"),
        (&[("cache-control", "private, max-age=9")], "private"),
        (
            &[("cache-control", "max-age=9"), ("vary", "a, *")],
            "vary-star",
        ),
        (&[], "expired"),
    ] {
        world.say(200, fields, "mine");
        let got = world.get("/", &[]).await;
        assert_eq!(got.text(), "mine");
        assert_eq!(
            got.cache_status(),
            format!("eaves; fwd=uri-miss; fwd-status=200; detail={reason}")
        );
    }
    assert_eq!(world.store.usage().entries, 0);
}

#[tokio::test]
async fn an_answer_that_may_not_be_stored_retires_the_stored_one() {
    let world = World::new();
    world.say(
        200,
        &[("cache-control", "max-age=1"), ("etag", "\"1\"")],
        "public",
    );
    world.say(200, &[("cache-control", "no-store")], "private");
    world.get("/", &[]).await;
    world.pass(5);
    assert_eq!(world.get("/", &[]).await.text(), "private");
    assert_eq!(world.store.usage().entries, 0);
}

#[tokio::test]
async fn a_request_without_a_host_is_refused() {
    let world = World::new();
    let request = Request::get("/").body(String::new()).unwrap();
    assert_eq!(world.fetch(request).await.status, 400);
}

#[tokio::test]
async fn an_older_member_of_cache_status_stays() {
    let world = World::new();
    world.say(
        200,
        &[
            ("cache-control", "max-age=60"),
            ("cache-status", "origin; hit"),
        ],
        "",
    );
    world.get("/", &[]).await;
    let hit = world.fetch(get("/", &[])).await;
    let all: Vec<_> = hit.headers.get_all(CACHE_STATUS).iter().collect();
    assert_eq!(all, ["origin; hit", "eaves; hit; ttl=60"]);
}

#[tokio::test]
async fn a_decision_tells_its_steps() {
    let world = World::new();
    let fields = [
        ("cache-control", "max-age=60, must-revalidate"),
        ("age", "10"),
        ("vary", "foo"),
    ];
    world.say(200, &fields, "hello");
    world.get("/a/../b", &[]).await;
    world.pass(70);
    let request = get("/b", &[("cache-control", "max-age=100")]);
    let told = world.layer.explain((&request).into()).unwrap().unwrap();
    assert_eq!(
        told.to_string(),
        "key: http://a.example/b (RFC 9111 section 2)\n\
         variant: selected by foo (RFC 9111 section 4.1)\n\
         store: whole, 5 bytes of body, in the tier memory (RFC 9111 section 3.3)\n\
         flight: nobody asks for the same: others would wait for it (RFC 9111 section 4)\n\
         request: max-age 100s (RFC 9111 section 5.2.1)\n\
         age: 80s: 10s when it arrived, 70s since (RFC 9111 section 4.2.3)\n\
         lifetime: 60s, from max-age (RFC 9111 section 4.2.1)\n\
         freshness: stale by 20s (RFC 9111 section 4.2)\n\
         response: must not be served stale (RFC 9111 section 4.2.4)\n\
         decision: validate, since it is stale\n"
    );
    assert_eq!(world.seen(), 1);
}

#[tokio::test]
async fn keys_follow_the_operators_rules() {
    use eaves_cache::key::{KeyRules, Query};

    let rules = KeyRules::default()
        .sort_query()
        .query(Query::Without(vec!["utm_*".into()]));
    let world = World::with(|config| config.keys(rules));
    world.say(200, FRESH, "one");
    for query in ["/?a=1&b=2", "/?b=2&a=1", "/?b=2&utm_source=x&a=1"] {
        assert_eq!(world.get(query, &[]).await.text(), "one", "{query}");
    }
    assert_eq!(
        world
            .layer
            .purge(&"http://a.example/?b=2&a=1".parse().unwrap()),
        Ok(true)
    );
}

#[tokio::test]
async fn what_is_attached_comes_back_with_hits() {
    let world = World::new();
    let note = eaves_cache::tower::Note("mine".into());
    let mut answer =
        crate::origin::respond(200, &[("cache-control", "max-age=60"), ("etag", "\"1\"")])
            .body(crate::origin::OriginBody::whole("hello"))
            .unwrap();
    answer.extensions_mut().insert(note.clone());
    world.answer(std::future::ready(Ok(answer)));
    world.get("/", &[]).await;
    for seconds in [1, 100] {
        world.pass(seconds);
        world.say(
            304,
            &[("cache-control", "max-age=60"), ("etag", "\"1\"")],
            "",
        );
        let hit = world.send(get("/", &[])).await.unwrap();
        assert_eq!(hit.extensions().get(), Some(&note), "after {seconds} s");
        assert!(
            hit.headers()
                .keys()
                .all(|name| !name.as_str().contains("note"))
        );
    }
}

#[tokio::test]
async fn what_is_asked_for_too_rarely_is_not_stored() {
    let world = World::with(|config| config.min_uses(3));
    for seen in 1..=3 {
        world.say(200, &[("cache-control", "max-age=60")], "hello");
        let got = world.get("/", &[]).await;
        assert_eq!((got.text(), world.seen()), ("hello", seen));
        assert_eq!(got.cache_status().contains("detail=min-uses"), seen < 3);
    }
    assert_eq!(
        world.get("/", &[]).await.cache_status(),
        "eaves; hit; ttl=60"
    );
}

#[tokio::test]
async fn reduced_fields_select_fewer_variants_and_the_origin_gets_them() {
    let normalise = eaves_cache::policy::Normalise::default().languages(["en", "de"]);
    let world = World::with(|config| config.normalise(normalise));
    let vary = [("cache-control", "max-age=60"), ("vary", "accept-language")];
    world.say(200, &vary, "hallo");
    world
        .get("/", &[("accept-language", "de-DE, en;q=0.5")])
        .await;
    assert_eq!(world.last_field("accept-language").as_deref(), Some("de"));
    let other = world
        .get("/", &[("accept-language", "fr;q=0.1, de-AT")])
        .await;
    assert_eq!((other.text(), world.seen()), ("hallo", 1));
    world.say(200, &vary, "hello");
    assert_eq!(
        world.get("/", &[("accept-language", "en")]).await.text(),
        "hello"
    );
}
