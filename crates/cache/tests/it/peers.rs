//! Defects that other caches have or had: each of them stays out.

use std::sync::Arc;

use eaves_cache::{
    store::Memory,
    tower::{CacheConfig, Task},
};
use http::{Method, Request};

use crate::origin::{World, get};

const FRESH: (&str, &str) = ("cache-control", "max-age=60");
const TAG: (&str, &str) = ("etag", "\"1\"");

fn send(method: Method, fields: &[(&str, &str)]) -> Request<String> {
    let mut request = get("/", fields);
    *request.method_mut() = method;
    request
}

/// Says whether a second request is answered from the store.
async fn is_reused(status: u16, fields: &[(&str, &str)], asked: &[(&str, &str)]) -> bool {
    let world = World::new();
    world.say(status, fields, "first");
    world.get("/", asked).await;
    world.say(200, &[], "second");
    world.get("/", asked).await.text() == "first"
}

#[tokio::test]
async fn numbers_of_an_origin_crash_nothing() {
    for age in [
        "18446744073709551615",
        "99999999999999999999999",
        "-1",
        "1.5",
        "x",
    ] {
        let world = World::new();
        world.say(
            200,
            &[
                ("cache-control", "max-age=18446744073709551616"),
                ("age", age),
                TAG,
            ],
            "x",
        );
        world.say(304, &[TAG, ("age", age)], "");
        for _ in 0..2 {
            assert_eq!(world.get("/", &[]).await.text(), "x", "{age}");
            world.pass(1 << 33);
        }
    }
}

#[tokio::test]
async fn directives_are_read_whatever_their_case_and_quotes() {
    for (control, reused) in [
        ("No-Store, Max-Age=60", false),
        ("MAX-AGE=60", true),
        ("max-age=\"60\"", true),
        ("x=\"a, no-store\", max-age=60", true),
        ("max-age=99999999999999999999", true),
        ("proxy-revalidate, max-age=60", true),
        ("private=\"x\", max-age=60", true),
        ("no-cache=\"x\", max-age=60", true),
        ("private, max-age=60", false),
    ] {
        assert_eq!(
            is_reused(200, &[("cache-control", control)], &[]).await,
            reused,
            "{control}"
        );
    }
    let cookie = [FRESH, ("set-cookie", "a=b")];
    assert!(
        is_reused(200, &cookie, &[]).await,
        "as the RFC has it, without the defence"
    );
    let asked = [("pragma", "no-cache"), ("cache-control", "max-stale=1")];
    assert!(
        is_reused(200, &[FRESH], &asked).await,
        "Pragma counts only without Cache-Control"
    );
}

#[tokio::test]
async fn a_hit_keeps_all_lines_and_the_origins_date() {
    let world = World::new();
    let links = [
        FRESH,
        ("link", "</a>"),
        ("link", "</b>"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
    ];
    world.say(200, &links, "x");
    let first = world.get("/", &[]).await;
    world.pass(9);
    let hit = world.get("/", &[]).await;
    for name in ["link", "set-cookie"] {
        let lines =
            |headers: &http::HeaderMap| headers.get_all(name).iter().cloned().collect::<Vec<_>>();
        assert_eq!(lines(&hit.headers), lines(&first.headers), "{name}");
    }
    assert_eq!(hit.field("date"), "Mon, 21 Sep 2026 14:13:20 GMT");
    assert_eq!(hit.headers.get_all("age").iter().count(), 1);
    assert_eq!(hit.field("age"), "9");
}

#[tokio::test]
async fn every_line_of_a_request_field_selects() {
    let world = World::new();
    let vary = [FRESH, ("vary", "x-user"), ("vary", "foo")];
    world.say(200, &vary, "first");
    world.get("/", &[("x-user", "a"), ("x-user", "b")]).await;
    world.say(200, &vary, "second");
    let other = world.get("/", &[("x-user", "a"), ("x-user", "c")]).await;
    assert_eq!(other.text(), "second");
    assert_eq!(world.get("/", &[("x-user", "a, b")]).await.text(), "first");
    world.say(200, &vary, "third");
    assert_eq!(
        world.get("/", &[("foo", "")]).await.text(),
        "third",
        "absent is not empty"
    );
}

#[tokio::test]
async fn without_a_lifetime_nothing_lives_by_default_and_no_variant_crosses() {
    assert!(!is_reused(200, &[], &[]).await);
    let world = World::new();
    world.say(200, &[("vary", "foo")], "first");
    world.get("/", &[("foo", "1")]).await;
    world.say(200, &[("vary", "foo")], "second");
    assert_eq!(world.get("/", &[("foo", "2")]).await.text(), "second");
    for vary in ["*", "foo, *"] {
        assert!(
            !is_reused(200, &[FRESH, ("vary", vary)], &[]).await,
            "{vary}"
        );
    }
}

#[tokio::test]
async fn age_and_date_of_caches_before_count() {
    for (name, value, reused) in [
        ("age", "59", true),
        ("age", "60", false),
        ("age", "7200, 0", false),
        ("date", "Mon, 21 Sep 2026 14:12:20 GMT", false),
        ("date", "Mon Sep 21 14:12:20 2026", false),
        ("date", "Monday, 21-Sep-26 14:12:21 GMT", true),
    ] {
        assert_eq!(
            is_reused(200, &[FRESH, (name, value)], &[]).await,
            reused,
            "{name}: {value}"
        );
    }
    for zone in ["UTC", "AEST", "+0000"] {
        let expires = format!("Mon, 21 Sep 2026 15:13:20 {zone}");
        assert!(
            !is_reused(200, &[("expires", &expires)], &[]).await,
            "{zone}"
        );
    }
}

#[tokio::test]
async fn what_connection_lists_is_not_kept() {
    let world = World::new();
    let hop = [
        FRESH,
        ("connection", "x-hop"),
        ("x-hop", "1"),
        ("proxy-authenticate", "x"),
        ("x-end", "1"),
    ];
    world.say(200, &hop, "x");
    world.get("/", &[]).await;
    let hit = world.get("/", &[]).await;
    assert_eq!(
        (
            hit.field("x-hop"),
            hit.field("proxy-authenticate"),
            hit.field("x-end")
        ),
        ("", "", "1")
    );
}

#[tokio::test]
async fn a_304_brings_its_fields_drops_the_old_age_and_moves_a_variant() {
    let world = World::new();
    world.say(200, &[FRESH, TAG, ("age", "50"), ("x-old", "1")], "x");
    world.get("/", &[]).await;
    world.pass(20);
    world.say(304, &[FRESH, TAG, ("x-new", "1"), ("vary", "foo")], "");
    let merged = world.get("/", &[]).await;
    assert_eq!(
        (
            merged.field("x-old"),
            merged.field("x-new"),
            merged.field("vary")
        ),
        ("1", "1", "foo")
    );
    assert!(merged.field("age").parse::<u64>().unwrap() < 50);
    world.say(200, &[FRESH, ("vary", "foo")], "other");
    let other = world.get("/", &[("foo", "2")]).await;
    assert_eq!(other.text(), "other", "the Vary of the 304 counts");
}

#[tokio::test]
async fn the_request_that_validates_is_the_clients_own() {
    let world = World::new();
    world.say(200, &[FRESH, TAG], "x");
    world.get("/?a=%7e", &[("x-id", "1")]).await;
    world.pass(61);
    world.say(304, &[FRESH, TAG], "");
    world.get("/?a=~", &[("x-id", "2")]).await;
    assert_eq!(world.last_field("x-id").as_deref(), Some("2"));
    assert_eq!(world.last_field("if-none-match").as_deref(), Some("\"1\""));
}

#[tokio::test]
async fn unsafe_methods_invalidate_and_if_match_is_forwarded() {
    for method in ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH"] {
        let world = World::new();
        world.say(200, &[FRESH], "first");
        world.get("/", &[]).await;
        world.say(204, &[], "");
        world.fetch(send(method.parse().unwrap(), &[])).await;
        world.say(200, &[FRESH], "second");
        assert_eq!(world.get("/", &[]).await.text(), "second", "{method}");
    }
    let world = World::new();
    world.say(200, &[FRESH, TAG], "first");
    world.get("/", &[]).await;
    world.say(412, &[], "");
    assert_eq!(world.get("/", &[("if-match", "\"2\"")]).await.status, 412);
    assert_eq!(world.seen(), 2);
}

#[tokio::test]
async fn an_answer_in_the_background_that_may_not_be_stored_retires_the_old_one() {
    let spawning = |config: CacheConfig| {
        config.spawner(|task: Task| {
            tokio::spawn(task);
        })
    };
    let world = World::with(spawning);
    world.say(
        200,
        &[
            ("cache-control", "max-age=1, stale-while-revalidate=60"),
            TAG,
        ],
        "old",
    );
    world.get("/", &[]).await;
    world.pass(5);
    world.say(200, &[("cache-control", "no-store")], "mine");
    assert_eq!(world.get("/", &[]).await.text(), "old");
    while world.seen() < 2 || world.store.usage().entries > 0 {
        tokio::task::yield_now().await;
    }
    world.say(200, &[FRESH], "new");
    assert_eq!(world.get("/", &[]).await.text(), "new");
}

#[tokio::test]
async fn the_default_store_keeps_more_than_a_handful() {
    let world = World::on(Arc::new(Memory::new(64 << 20)), |config| config);
    for path in 0..500 {
        world.say(200, &[FRESH], "x");
        world.get(&format!("/{path}"), &[]).await;
    }
    for path in 0..500 {
        world.get(&format!("/{path}"), &[]).await;
    }
    assert_eq!(world.seen(), 500);
}
