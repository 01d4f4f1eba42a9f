//! No-Vary-Search: one stored response for the queries that a response says are the same.

use eaves_cache::{
    key::{Key, KeyRules, Query},
    purge::Purge,
};
use http_body::Frame;

use crate::origin::{OriginBody, World, get, respond};

fn world() -> World {
    World::with(|config| config.keys(KeyRules::default().obey_no_vary_search()))
}

fn fresh(search: &'static str) -> [(&'static str, &'static str); 2] {
    [("cache-control", "max-age=60"), ("no-vary-search", search)]
}

#[tokio::test]
async fn queries_that_differ_in_what_does_not_count_share_a_response() {
    let world = world();
    world.say(200, &fresh("key-order, params=(\"utm_source\")"), "one");
    world.say(200, &fresh("key-order, params=(\"utm_source\")"), "two");
    assert_eq!(world.get("/x?a=1&b=2", &[]).await.text(), "one");
    let hit = world.get("/x?b=2&utm_source=mail&a=1", &[]).await;
    assert_eq!(
        (hit.text(), hit.cache_status()),
        ("one", "eaves; hit; ttl=60")
    );
    assert_eq!(world.get("/x?a=2&b=2", &[]).await.text(), "two");
    assert_eq!(world.get("/x?b=2&a=2", &[]).await.text(), "two");
    assert_eq!(world.get("/x?a=1&b=2", &[]).await.text(), "one");
    assert_eq!(world.seen(), 2);
}

#[tokio::test]
async fn without_the_rule_or_the_field_every_byte_counts() {
    for (world, field) in [
        (World::new(), "params"),
        (world(), "params=1"),
        (world(), "except=(\"a\")"),
    ] {
        world.say(200, &fresh(field), "one");
        world.say(200, &fresh(field), "two");
        world.say(200, &fresh(field), "three");
        assert_eq!(world.get("/x?a=1", &[]).await.text(), "one");
        assert_eq!(world.get("/x?a=2", &[]).await.text(), "two");
        assert_eq!(world.get("/x", &[]).await.text(), "three");
        assert_eq!(world.get("/x?a=1", &[]).await.text(), "one", "{field}");
        assert_eq!(world.seen(), 3, "{field}");
    }
}

#[tokio::test]
async fn another_path_is_another_resource() {
    let world = world();
    world.say(200, &fresh("params"), "one");
    world.say(200, &fresh("params"), "two");
    assert_eq!(world.get("/x?a", &[]).await.text(), "one");
    assert_eq!(world.get("/y?a", &[]).await.text(), "two");
}

#[tokio::test]
async fn variants_by_fields_and_by_queries_go_together() {
    let world = world();
    world.answer_with(|headers| {
        let body = OriginBody::whole(
            headers
                .get("foo")
                .map_or("", |value| value.to_str().unwrap()),
        );
        let fields = [
            ("cache-control", "max-age=60"),
            ("vary", "foo"),
            ("no-vary-search", "params"),
        ];
        respond(200, &fields).body(body).unwrap()
    });
    for (target, foo) in [
        ("/?a=1", "1"),
        ("/?a=2", "1"),
        ("/?a=3", "2"),
        ("/", "2"),
        ("/?b", "1"),
    ] {
        assert_eq!(world.get(target, &[("foo", foo)]).await.text(), foo);
    }
    assert_eq!(world.seen(), 2);
}

#[tokio::test]
async fn the_operators_rules_for_queries_come_first() {
    let rules = KeyRules::default().query(Query::Without(vec!["utm_*".into()]));
    let world = World::with(|config| config.keys(rules.obey_no_vary_search()));
    world.say(200, &[("cache-control", "max-age=60")], "one");
    assert_eq!(world.get("/?a=1&utm_x=1", &[]).await.text(), "one");
    assert_eq!(world.get("/?utm_y=1&a=1", &[]).await.text(), "one");
    assert_eq!(world.seen(), 1);
}

#[tokio::test]
async fn an_unsafe_method_or_a_purge_of_one_query_removes_what_answers_it() {
    for way in ["post", "purge", "url", "soft", "prefix", "pattern"] {
        let world = world();
        world.say(200, &fresh("params=(\"u\")"), "old");
        world.get("/x?u=1", &[]).await;
        match way {
            "post" => {
                world.say(204, &[], "");
                let mut post = get("/x?u=2", &[]);
                *post.method_mut() = http::Method::POST;
                world.fetch(post).await;
            }
            "purge" => {
                let uri = "http://a.example/x?u=3".parse().unwrap();
                assert!(world.layer.purge(&uri).unwrap());
            }
            _ => {
                let key = Key::of_uri(&"http://a.example/x?u=4".parse().unwrap()).unwrap();
                let purge = match way {
                    "url" => Purge::url(key),
                    "soft" => Purge::url(key).soft(),
                    "prefix" => Purge::prefix("a.example/x?u=4").unwrap(),
                    _ => Purge::pattern("a.example/x?u=*").unwrap(),
                };
                let _ = world.layer.apply(&purge);
            }
        }
        world.pass(1);
        world.say(200, &fresh("params=(\"u\")"), "new");
        assert_eq!(world.get("/x?u=5", &[]).await.text(), "new", "{way}");
    }
}

/// A fetch of another query that began before the removal must not bring the removed back.
#[tokio::test]
async fn what_was_removed_does_not_come_back_with_another_query() {
    let world = world();
    world.say(200, &fresh("params=(\"u\")"), "old");
    world.get("/x?u=1", &[]).await;
    let (feed, body) = OriginBody::fed(None);
    let response = respond(200, &fresh("params=(\"u\")")).body(body).unwrap();
    world.answer(std::future::ready(Ok(response)));
    let other = world.send(get("/x?a=1", &[])).await.unwrap();
    let _ = world.layer.apply(&Purge::url(
        Key::of_uri(&"http://a.example/x?u=1".parse().unwrap()).unwrap(),
    ));
    feed.send(Ok(Frame::data("other".into()))).unwrap();
    drop(feed);
    http_body_util::BodyExt::collect(other.into_body())
        .await
        .unwrap();
    world.say(200, &fresh("params=(\"u\")"), "new");
    assert_eq!(world.get("/x?u=2", &[]).await.text(), "new");
}

#[tokio::test]
async fn cold_queries_do_not_wait_for_one_another_and_equivalent_ones_share_the_fill() {
    let world = world();
    let (feed, body) = OriginBody::fed(None);
    let response = respond(200, &fresh("params=(\"u\")")).body(body).unwrap();
    world.answer(std::future::ready(Ok(response)));
    world.say(200, &fresh("params=(\"u\")"), "b");
    let first = world.send(get("/x?a", &[])).await.unwrap();
    assert_eq!(world.get("/x?b", &[]).await.text(), "b");
    let joined = world.send(get("/x?a&u=1", &[])).await.unwrap();
    assert_eq!(world.seen(), 2);
    feed.send(Ok(Frame::data("shared".into()))).unwrap();
    drop(feed);
    for response in [first, joined] {
        let body = http_body_util::BodyExt::collect(response.into_body())
            .await
            .unwrap();
        assert_eq!(body.to_bytes(), "shared");
    }
}

#[tokio::test]
async fn a_304_that_changes_what_counts_moves_the_response() {
    let world = world();
    let fields = [
        ("cache-control", "max-age=60"),
        ("no-vary-search", "params"),
        ("etag", "\"1\""),
    ];
    world.say(200, &fields, "one");
    world.get("/x?a", &[]).await;
    world.pass(61);
    let date = ("date", "Mon, 21 Sep 2026 14:14:21 GMT");
    world.say(
        304,
        &[
            date,
            ("cache-control", "max-age=60"),
            ("no-vary-search", "key-order"),
            ("etag", "\"1\""),
        ],
        "",
    );
    assert_eq!(world.get("/x?b", &[]).await.text(), "one");
    world.say(200, &[date, ("cache-control", "max-age=60")], "two");
    assert_eq!(world.get("/x?c", &[]).await.text(), "two");
}
