//! Stale: while it is validated, when the origin fails, when the client takes it.

use eaves_cache::tower::Task;

use crate::origin::{World, get};

fn spawning() -> World {
    World::with(|config| {
        config.spawner(|task: Task| {
            tokio::spawn(task);
        })
    })
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn stale_is_served_while_it_is_validated_in_the_background() {
    let world = spawning();
    world.say(
        200,
        &[("cache-control", "max-age=1, stale-while-revalidate=60")],
        "old",
    );
    world.say(
        200,
        &[
            ("cache-control", "max-age=60"),
            ("date", "Mon, 21 Sep 2026 14:13:25 GMT"),
        ],
        "new",
    );
    world.get("/", &[]).await;
    world.pass(5);
    for _ in 0..3 {
        let stale = world.get("/", &[]).await;
        assert_eq!(
            (stale.text(), stale.cache_status()),
            ("old", "eaves; hit; ttl=-4")
        );
    }
    settle().await;
    assert_eq!((world.get("/", &[]).await.text(), world.seen()), ("new", 2));
    assert_eq!(world.layer.stats().background, 1);
}

#[tokio::test]
async fn a_head_has_the_whole_validated_behind_it() {
    let world = spawning();
    let control = ("cache-control", "max-age=1, stale-while-revalidate=60");
    world.say(200, &[control], "old");
    world.get("/", &[]).await;
    world.pass(5);
    world.say(200, &[("cache-control", "max-age=60")], "new");
    let mut head = get("/", &[]);
    *head.method_mut() = http::Method::HEAD;
    assert_eq!(world.fetch(head).await.cache_status(), "eaves; hit; ttl=-4");
    settle().await;
    assert_eq!(world.last_method(), Some(http::Method::GET));
    assert_eq!((world.get("/", &[]).await.text(), world.seen()), ("new", 2));
}

#[tokio::test]
async fn after_the_window_validation_is_in_the_foreground() {
    let world = spawning();
    world.say(
        200,
        &[("cache-control", "max-age=1, stale-while-revalidate=10")],
        "old",
    );
    world.say(200, &[("cache-control", "max-age=60")], "new");
    world.get("/", &[]).await;
    world.pass(12);
    assert_eq!(world.get("/", &[]).await.text(), "new");
}

#[tokio::test]
async fn without_a_spawner_it_is_validated_first() {
    let world = World::new();
    world.say(
        200,
        &[("cache-control", "max-age=1, stale-while-revalidate=60")],
        "old",
    );
    world.say(200, &[("cache-control", "max-age=60")], "new");
    world.get("/", &[]).await;
    world.pass(5);
    assert_eq!(world.get("/", &[]).await.text(), "new");
}

#[tokio::test]
async fn a_failed_origin_leaves_the_stale_response_serving() {
    let world = World::new();
    world.say(200, &[("cache-control", "max-age=1")], "old");
    world.get("/", &[]).await;
    world.pass(5);
    world.say_error();
    let stale = world.get("/", &[]).await;
    assert_eq!((stale.status, stale.text()), (200, "old"));
    assert_eq!(
        stale.cache_status(),
        "eaves; fwd=stale; ttl=-4; detail=origin-error"
    );
    world.say(503, &[], "sorry");
    let stale = world.get("/", &[]).await;
    assert_eq!(
        stale.cache_status(),
        "eaves; fwd=stale; fwd-status=503; ttl=-4; detail=origin-error"
    );
}

#[tokio::test]
async fn what_must_be_validated_and_cannot_be_is_a_504() {
    for directive in [
        "must-revalidate",
        "proxy-revalidate",
        "s-maxage=1",
        "no-cache",
    ] {
        let world = World::new();
        let control = format!("max-age=1, {directive}");
        world.say(
            200,
            &[("cache-control", &control), ("etag", "\"1\"")],
            "old",
        );
        world.get("/", &[]).await;
        world.pass(5);
        world.say_error();
        assert_eq!(world.get("/", &[]).await.status, 504, "{directive}");
        world.say(503, &[], "sorry");
        assert_eq!(world.get("/", &[]).await.status, 503, "{directive}");
    }
}

#[tokio::test]
async fn stale_if_error_ends_with_its_window() {
    let world = World::new();
    world.say(
        200,
        &[("cache-control", "max-age=1, stale-if-error=10")],
        "old",
    );
    world.get("/", &[]).await;
    world.pass(8);
    world.say(502, &[], "sorry");
    assert_eq!(world.get("/", &[]).await.text(), "old");
    world.pass(4);
    world.say(502, &[], "sorry");
    assert_eq!(world.get("/", &[]).await.text(), "sorry");
}

#[tokio::test]
async fn a_client_bounds_what_stands_in_for_a_failed_origin() {
    // RFC 5861 section 4: the directive of a request counts for that request.
    let world = World::new();
    world.say(200, &[("cache-control", "max-age=1")], "old");
    world.get("/", &[]).await;
    world.pass(5);
    for (control, status) in [("stale-if-error=4", 502), ("stale-if-error=5", 200)] {
        world.say(502, &[], "sorry");
        let got = world.get("/", &[("cache-control", control)]).await;
        assert_eq!(got.status, status, "{control}");
    }
}

#[tokio::test]
async fn a_client_may_take_it_stale() {
    let world = World::new();
    world.say(200, &[("cache-control", "max-age=1")], "old");
    world.get("/", &[]).await;
    world.pass(5);
    let stale = world.get("/", &[("cache-control", "max-stale=10")]).await;
    assert_eq!((stale.text(), world.seen()), ("old", 1));
}
