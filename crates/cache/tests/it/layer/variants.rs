//! A variant that is not stored, asked for on condition that none of the stored ones will do.

use crate::origin::{World, get, got};

const DATE: (&str, &str) = ("date", "Mon, 21 Sep 2026 14:13:21 GMT");

fn variant(tag: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut fields = vec![("cache-control", "max-age=60"), ("vary", "foo")];
    if !tag.is_empty() {
        fields.push(("etag", tag));
    }
    fields
}

/// A world in which the variants 1 and 2 are stored under these tags.
async fn world(tags: [&'static str; 2]) -> World {
    let world = World::new();
    for (value, tag) in [("1", tags[0]), ("2", tags[1])] {
        world.say(200, &variant(tag), value);
        assert_eq!(world.get("/", &[("foo", value)]).await.text(), value);
        assert_eq!(
            world.last_field("if-none-match").is_some(),
            value == "2" && !tags[0].is_empty()
        );
    }
    world.pass(1);
    world
}

#[tokio::test]
async fn the_origin_chooses_among_stored_variants_by_a_304() {
    let world = world(["\"1\"", "W/\"2\""]).await;
    world.say(
        304,
        &[
            DATE,
            ("etag", "\"1\""),
            ("cache-control", "max-age=90"),
            ("x-new", "yes"),
        ],
        "",
    );
    let got = world.get("/", &[("foo", "3")]).await;
    assert_eq!(
        world.last_field("if-none-match").as_deref(),
        Some("W/\"2\", \"1\"")
    );
    assert_eq!(
        (got.status, got.text(), got.field("x-new")),
        (200, "1", "yes")
    );
    assert_eq!(
        got.cache_status(),
        "eaves; fwd=vary-miss; fwd-status=304; ttl=90; stored"
    );
    // It is kept for requests like this one, and the chosen one is updated.
    for (value, body) in [("3", "1"), ("1", "1"), ("2", "2")] {
        let hit = world.get("/", &[("foo", value)]).await;
        assert_eq!(
            (hit.text(), &hit.cache_status()[..10]),
            (body, "eaves; hit"),
            "{value}"
        );
        assert_eq!(hit.field("x-new"), if value == "2" { "" } else { "yes" });
    }
    assert_eq!(world.seen(), 3);
}

#[tokio::test]
async fn another_answer_is_a_variant_of_its_own() {
    let world = world(["\"1\"", "\"2\""]).await;
    world.say(200, &variant("\"3\""), "3");
    assert_eq!(world.get("/", &[("foo", "3")]).await.text(), "3");
    for value in ["1", "2", "3"] {
        assert_eq!(world.get("/", &[("foo", value)]).await.text(), value);
    }
    assert_eq!(world.seen(), 3);
}

#[tokio::test]
async fn a_304_that_names_none_of_them_is_asked_again_without_conditions() {
    for tag in ["\"9\"", ""] {
        let world = world(["\"1\"", "\"2\""]).await;
        let fields: &[(&str, &str)] = if tag.is_empty() {
            &[DATE]
        } else {
            &[DATE, ("etag", tag)]
        };
        world.say(304, fields, "");
        world.say(200, &variant(""), "3");
        let got = world.get("/", &[("foo", "3")]).await;
        assert_eq!((got.status, got.text()), (200, "3"), "{tag}");
        assert_eq!(world.last_field("if-none-match"), None);
    }
}

#[tokio::test]
async fn what_has_no_tag_is_gone_or_is_asked_for_otherwise_is_not_named() {
    let none = world(["", ""]).await;
    none.say(200, &variant(""), "3");
    none.get("/", &[("foo", "3")]).await;
    assert_eq!(none.last_field("if-none-match"), None);

    let removed = world(["\"1\"", "\"2\""]).await;
    assert!(
        removed
            .layer
            .purge(&"http://a.example/".parse().unwrap())
            .unwrap()
    );
    removed.say(200, &variant(""), "3");
    removed.get("/", &[("foo", "3")]).await;
    assert_eq!(removed.last_field("if-none-match"), None);

    // The client's own condition, and its range, are for the origin.
    let own = world(["\"1\"", "\"2\""]).await;
    own.say(304, &[DATE, ("etag", "\"7\"")], "");
    let got = own
        .get("/", &[("foo", "3"), ("if-none-match", "\"7\"")])
        .await;
    assert_eq!(
        (got.status, own.last_field("if-none-match").as_deref()),
        (304, Some("\"7\""))
    );
    own.say(200, &variant(""), "3");
    own.get("/", &[("foo", "3"), ("range", "bytes=0-1")]).await;
    assert_eq!(own.last_field("if-none-match"), None);
}

#[tokio::test]
async fn an_error_while_choosing_is_passed_on_and_changes_nothing() {
    let world = world(["\"1\"", "\"2\""]).await;
    world.say(503, &[DATE], "down");
    let got = world.get("/", &[("foo", "3")]).await;
    assert_eq!((got.status, got.text()), (503, "down"));
    assert_eq!(world.get("/", &[("foo", "1")]).await.text(), "1");
}

#[tokio::test]
async fn reasons_are_counted_and_flights_are_told() {
    let world = World::new();
    let told = |path: &str| {
        let request = get(path, &[]);
        world
            .layer
            .explain((&request).into())
            .unwrap()
            .unwrap()
            .to_string()
    };
    assert!(told("/").contains("flight: nobody asks"), "{}", told("/"));
    let (feed, body) = crate::origin::OriginBody::fed(Some(2));
    let response = crate::origin::respond(200, &[("cache-control", "max-age=60")]);
    world.answer(std::future::ready(Ok(response.body(body).unwrap())));
    let filling = world.send(get("/", &[])).await.unwrap();
    assert!(told("/").contains("flight: another request for the same is under way"));
    feed.send(Ok(http_body::Frame::data("ok".into()))).unwrap();
    drop(feed);
    got(filling).await;
    assert!(
        told("/").contains("store: whole, 2 bytes of body"),
        "{}",
        told("/")
    );
    world.say(200, &[("cache-control", "no-store")], "");
    world.get("/n", &[]).await;
    assert!(
        told("/n").contains("flight: its answers could not be shared"),
        "{}",
        told("/n")
    );
    world.get("/", &[]).await;
    world
        .get("/o", &[("cache-control", "only-if-cached")])
        .await;
    let given: Vec<_> = world
        .layer
        .reasons()
        .filter(|(_, count)| *count > 0)
        .collect();
    let labels: Vec<_> = given
        .iter()
        .map(|(reason, count)| (reason.label(), *count))
        .collect();
    let expected = [
        ("hit", 1),
        ("uri-miss", 2),
        ("only-if-cached", 1),
        ("not-stored-no-store", 1),
    ];
    assert_eq!(labels, expected);
}
