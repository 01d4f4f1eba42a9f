//! Purges as users of the layer see them.

use eaves_cache::{
    key::Key,
    purge::{Purge, Scope},
    tower::Task,
};
use http::Request;

use crate::origin::{Answer, OriginBody, World, get, got, respond};

const STALE: &str = "max-age=60, stale-while-revalidate=30, stale-if-error=600";

fn url(text: &str) -> Key {
    Key::of_uri(&text.parse().unwrap()).unwrap()
}

/// Stores `/a` with these fields.
async fn stored(fields: &[(&str, &str)]) -> World {
    let world = World::with(|config| {
        config.spawner(|task: Task| {
            tokio::spawn(task);
        })
    });
    world.say(200, &[&[("cache-control", STALE)], fields].concat(), "old");
    world.get("/a", &[]).await;
    world
}

fn kinds() -> Vec<Purge> {
    vec![
        Purge::url(url("http://a.example/a")),
        Purge::tag("front"),
        Purge::tag("sport"),
        Purge::group(&url("http://a.example/"), "g"),
        Purge::prefix("a.example/").unwrap(),
        Purge::pattern("*.example/*").unwrap(),
        Purge::everything(),
    ]
}

const TAGGED: &[(&str, &str)] = &[
    ("surrogate-key", "news front"),
    ("cache-tag", "x, sport"),
    ("cache-groups", "\"f\", \"g\";q=1"),
    ("etag", "\"1\""),
];

#[tokio::test]
async fn a_hard_purge_of_any_kind_makes_it_a_miss() {
    for purge in kinds() {
        let world = stored(TAGGED).await;
        assert!(world.get("/a", &[]).await.cache_status().contains("hit"));
        let receipt = world.layer.apply(&purge);
        assert_eq!(receipt.scope(), Scope::AsAsked);
        receipt.durable().await.unwrap();
        world.say(200, &[("cache-control", STALE)], "new");
        let got = world.get("/a", &[]).await;
        assert_eq!(got.text(), "new", "{purge}");
        assert!(got.cache_status().contains("fwd=uri-miss"), "{purge}");
        assert!(
            world.get("/a", &[]).await.cache_status().contains("hit"),
            "{purge}"
        );
        assert_eq!(world.store.usage().entries, 1);
    }
}

#[tokio::test]
async fn a_soft_purge_of_any_kind_leaves_it_to_be_served_while_it_is_validated() {
    for purge in kinds() {
        let world = stored(TAGGED).await;
        let _ = world.layer.apply(&purge.clone().soft());
        world.say(304, &[("etag", "\"1\""), ("cache-control", STALE)], "");
        let stale = world.get("/a", &[]).await;
        assert_eq!(stale.text(), "old");
        assert!(
            stale.cache_status().starts_with("eaves; hit; ttl=0"),
            "{purge}: {}",
            stale.cache_status()
        );
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let fresh = world.get("/a", &[]).await;
        assert_eq!(fresh.cache_status(), "eaves; hit; ttl=60", "{purge}");
        assert_eq!(world.seen(), 2);
        assert!(world.layer.stats().purged_softly > 0);
    }
}

#[tokio::test]
async fn a_soft_purge_is_served_when_the_origin_fails_until_its_window_ends() {
    let world = stored(&[]).await;
    let _ = world.layer.apply(&Purge::everything().soft());
    world.pass(599);
    world.say_error();
    assert_eq!(world.get("/a", &[]).await.text(), "old");
    world.pass(2);
    world.say_error();
    assert_eq!(world.get("/a", &[]).await.status, 504);
}

#[tokio::test]
async fn what_a_purge_does_not_concern_stays() {
    let world = stored(TAGGED).await;
    let others = [
        Purge::url(url("http://a.example/b")),
        Purge::tag("fron"),
        Purge::tag("news front"),
        Purge::group(&url("http://b.example/"), "g"),
        Purge::group(&url("https://a.example/"), "g"),
        Purge::prefix("https://a.example/").unwrap(),
        Purge::pattern("a.example/b*").unwrap(),
    ];
    for purge in others {
        let receipt = world.layer.apply(&purge);
        assert!(!receipt.removed());
        let got = world.get("/a", &[]).await;
        assert!(got.cache_status().contains("hit"), "{purge}");
    }
    assert_eq!(
        (
            world.layer.stats().purged,
            world.layer.purges().purged().all()
        ),
        (0, 7)
    );
}

#[tokio::test]
async fn a_url_goes_with_all_its_variants() {
    for purge in [
        Purge::url(url("http://a.example/a")),
        Purge::prefix("a.example/a").unwrap(),
    ] {
        let world = World::new();
        let varied = &[("cache-control", STALE), ("vary", "accept-language")];
        for language in ["de", "en"] {
            world.say(200, varied, "old");
            world.get("/a", &[("accept-language", language)]).await;
        }
        let _ = world.layer.apply(&purge);
        for language in ["de", "en"] {
            world.say(200, varied, "new");
            let got = world.get("/a", &[("accept-language", language)]).await;
            assert_eq!(got.text(), "new", "{purge}");
        }
    }
}

#[tokio::test]
async fn the_answer_to_an_unsafe_request_invalidates_groups_of_its_origin() {
    let world = stored(TAGGED).await;
    let post = |target: &str| Request::post(target).body(String::new()).unwrap();
    let invalidating = &[("cache-group-invalidation", "\"g\"")];
    world.say(200, invalidating, "");
    world.fetch(post("http://b.example/form")).await;
    assert!(
        world.get("/a", &[]).await.cache_status().contains("hit"),
        "another origin"
    );
    world.say(200, invalidating, "");
    world.get("/safe", &[]).await;
    assert!(
        world.get("/a", &[]).await.cache_status().contains("hit"),
        "a safe method"
    );
    world.say(200, invalidating, "");
    world.fetch(post("http://a.example/form")).await;
    world.say(200, &[("cache-control", STALE)], "new");
    assert_eq!(world.get("/a", &[]).await.text(), "new");
}

fn later(world: &World) -> tokio::sync::oneshot::Sender<Answer> {
    let (send, receive) = tokio::sync::oneshot::channel();
    world.answer(async move { receive.await.unwrap_or(Err("never answered")) });
    send
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_was_asked_for_before_a_purge_reaches_only_those_who_wait_already() {
    for purge in kinds() {
        let world = World::new();
        let old = later(&world);
        let before: Vec<_> = (0..3)
            .map(|_| tokio::spawn(world.send(get("/a", &[]))))
            .collect();
        settle().await;
        let _ = world.layer.apply(&purge);
        let new = later(&world);
        let after: Vec<_> = (0..3)
            .map(|_| tokio::spawn(world.send(get("/a", &[]))))
            .collect();
        settle().await;
        assert_eq!(
            world.seen(),
            2,
            "{purge}: a flight of their own, and one for all"
        );
        let fields = [&[("cache-control", STALE)], TAGGED].concat();
        let answer = |text| Ok(respond(200, &fields).body(OriginBody::whole(text)).unwrap());
        assert!(old.send(answer("old")).is_ok());
        for asked in before {
            assert_eq!(
                got(asked.await.unwrap().unwrap()).await.text(),
                "old",
                "{purge}"
            );
        }
        assert!(new.send(answer("new")).is_ok());
        for asked in after {
            assert_eq!(
                got(asked.await.unwrap().unwrap()).await.text(),
                "new",
                "{purge}"
            );
        }
        assert_eq!(world.get("/a", &[]).await.text(), "new", "{purge}");
        assert_eq!(world.seen(), 2);
    }
}

#[tokio::test]
async fn a_post_that_was_sent_before_a_purge_is_not_kept_as_if_it_came_after() {
    let world = World::new();
    let answer = later(&world);
    let post = Request::post("http://a.example/a")
        .body(String::new())
        .unwrap();
    let asked = tokio::spawn(world.send(post));
    settle().await;
    let _ = world.layer.apply(&Purge::tag("front"));
    let fields = [
        &[("cache-control", STALE), ("content-location", "/a")],
        TAGGED,
    ]
    .concat();
    assert!(
        answer
            .send(Ok(respond(200, &fields)
                .body(OriginBody::whole("old"))
                .unwrap()))
            .is_ok()
    );
    got(asked.await.unwrap().unwrap()).await;
    world.say(200, &[("cache-control", STALE)], "new");
    assert_eq!(world.get("/a", &[]).await.text(), "new");
}
