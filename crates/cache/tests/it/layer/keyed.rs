//! Fields and cookies that the operator made part of the key.

use std::sync::Arc;

use eaves_cache::{
    key::KeyRules,
    policy::{Defences, Policy},
    store::Memory,
};
use http::{HeaderName, header::ACCEPT_LANGUAGE};

use crate::origin::{OriginBody, World, get, respond};

const FRESH: &[(&str, &str)] = &[("cache-control", "max-age=60")];

fn world(rules: KeyRules) -> World {
    let policy = Policy::standards_only().defences(Defences::ON);
    let world = World::with(|config| config.keys(rules).policy(policy));
    world.answer_with(|headers| {
        let of = |name| {
            headers
                .get(name)
                .map_or("-", |value: &http::HeaderValue| value.to_str().unwrap())
        };
        let told = format!("{} {}", of("x-forwarded-proto"), of("cookie"));
        respond(200, FRESH).body(OriginBody::whole(&told)).unwrap()
    });
    world
}

fn proto() -> HeaderName {
    HeaderName::from_static("x-forwarded-proto")
}

#[tokio::test]
async fn a_keyed_field_selects_and_is_not_refused() {
    let plain = world(KeyRules::default());
    let got = plain.get("/", &[("x-forwarded-proto", "https")]).await;
    assert!(
        got.cache_status().contains("detail=unkeyed"),
        "{}",
        got.cache_status()
    );

    let keyed = world(KeyRules::default().header(proto()));
    for (value, seen) in [("https", 1), ("http", 2), ("https", 2), ("http", 2)] {
        let got = keyed.get("/", &[("x-forwarded-proto", value)]).await;
        assert_eq!((got.text(), keyed.seen()), (&*format!("{value} -"), seen));
    }
    assert_eq!(keyed.get("/", &[]).await.text(), "- -");
    let got = keyed
        .get(
            "/",
            &[("x-forwarded-proto", ""), ("x-forwarded-host", "evil")],
        )
        .await;
    assert!(
        got.cache_status().contains("unkeyed"),
        "the other field: {}",
        got.cache_status()
    );
}

#[tokio::test]
async fn a_keyed_cookie_selects_and_others_do_not() {
    let world = world(KeyRules::default().cookie("currency"));
    for (cookie, text, seen) in [
        ("currency=eur; id=1", "- currency=eur; id=1", 1),
        ("id=2;currency=eur ", "- currency=eur; id=1", 1),
        ("currency=usd", "- currency=usd", 2),
        ("id=3", "- id=3", 3),
        ("currency=", "- currency=", 4),
        ("Currency=eur", "- id=3", 4),
        (
            "currency=eur; currency=usd",
            "- currency=eur; currency=usd",
            5,
        ),
        ("xcurrency=eur", "- id=3", 5),
    ] {
        let got = world.get("/", &[("cookie", cookie)]).await;
        assert_eq!((got.text(), world.seen()), (text, seen), "{cookie}");
    }
}

#[tokio::test]
async fn a_removal_reaches_all_values_of_what_is_keyed() {
    let world = world(KeyRules::default().cookie("a").header(ACCEPT_LANGUAGE));
    for cookie in ["a=1", "a=2"] {
        world.get("/", &[("cookie", cookie)]).await;
    }
    let uri = "http://a.example/".parse().unwrap();
    assert!(world.layer.purge(&uri).unwrap());
    for cookie in ["a=1", "a=2"] {
        world.get("/", &[("cookie", cookie)]).await;
    }
    assert_eq!(world.seen(), 4);
}

/// What an earlier configuration stored under the URI alone is not served to everybody.
#[tokio::test]
async fn what_was_stored_before_the_rule_is_not_found_under_it() {
    let store = Arc::new(Memory::new(1 << 20));
    for (rules, expected) in [
        (KeyRules::default(), "old"),
        (KeyRules::default().cookie("a"), "new"),
        (KeyRules::default().cookie("b"), "newest"),
    ] {
        let world = World::on(store.clone(), |config| config.keys(rules));
        world.say(200, FRESH, expected);
        assert_eq!(world.get("/", &[]).await.text(), expected);
    }
}

#[tokio::test]
async fn requests_of_different_keys_do_not_wait_for_one_another() {
    let world = World::with(|config| config.keys(KeyRules::default().cookie("a")));
    let (feed, body) = OriginBody::fed(Some(5));
    world.answer(std::future::ready(Ok(respond(200, FRESH)
        .body(body)
        .unwrap())));
    world.say(200, FRESH, "other");
    let slow = world.send(get("/", &[("cookie", "a=1")])).await.unwrap();
    assert_eq!(world.get("/", &[("cookie", "a=2")]).await.text(), "other");
    let joined = world
        .send(get("/", &[("cookie", "a=1; b=2")]))
        .await
        .unwrap();
    assert_eq!(world.seen(), 2);
    drop((slow, joined, feed));
}
