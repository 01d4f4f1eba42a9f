//! Interim responses (RFC 9110 section 15.2, RFC 8297) pass beside the layer: it keeps what of a request says where they
//! go, and stores none of them.

use std::num::NonZeroU64;

use eaves_cache::tower::{Ranges, Task};
use http::Request;
use tokio::task::JoinSet;

use crate::origin::{Hints, OriginBody, World, get, got, respond};

const FRESH: (&str, &str) = ("cache-control", "max-age=60");

/// A request whose client hears interim responses, and what it has heard.
fn hearing(mut request: Request<String>) -> (Request<String>, Hints) {
    let hints = Hints::default();
    request.extensions_mut().insert(hints.clone());
    (request, hints)
}

#[tokio::test]
async fn whoever_asks_the_origin_hears_them_and_a_hit_has_none() {
    let world = World::new();
    let validated = ("cache-control", "max-age=60, must-revalidate");
    world.say(200, &[validated, ("etag", "\"1\"")], "text");
    world.say(304, &[validated], "");
    world.say(200, &[("cache-control", "no-store")], "");
    for (what, request, hints) in [
        ("a miss", get("/", &[]), 1),
        ("a hit", get("/", &[]), 0),
        ("a range of a hit", get("/", &[("range", "bytes=0-1")]), 0),
        (
            "a validation",
            get("/", &[("cache-control", "no-cache")]),
            1,
        ),
        ("a hit again", get("/", &[]), 0),
        ("a bypass", get("/", &[("cache-control", "no-store")]), 1),
    ] {
        let (request, heard) = hearing(request);
        let got = world.fetch(request).await;
        assert!(got.status < 300, "{what}: {}", got.status);
        assert_eq!(heard.seen(), hints, "{what}");
    }
}

#[tokio::test]
async fn of_those_who_wait_for_one_answer_only_the_first_hears_them() {
    let world = World::new();
    let (release, held) = tokio::sync::oneshot::channel::<()>();
    world.answer(async {
        held.await.unwrap();
        Ok(respond(200, &[FRESH])
            .body(OriginBody::whole("text"))
            .unwrap())
    });
    let (mut herd, mut all) = (JoinSet::new(), Vec::new());
    for _ in 0..10 {
        let (request, heard) = hearing(get("/", &[]));
        let answer = world.send(request);
        herd.spawn(async move { got(answer.await.unwrap()).await });
        all.push(heard);
    }
    while world.layer.stats().collapsed < 9 {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    assert!(herd.join_all().await.iter().all(|got| got.text() == "text"));
    assert_eq!(all.iter().map(Hints::seen).sum::<usize>(), 1);
}

#[tokio::test]
async fn who_takes_over_hears_them_in_turn() {
    let world = World::new();
    world.answer(std::future::pending());
    world.say(200, &[FRESH], "text");
    let (first, left) = hearing(get("/", &[]));
    let (second, stays) = hearing(get("/", &[]));
    let mut leading = JoinSet::new();
    leading.spawn(world.send(first));
    while world.seen() < 1 {
        tokio::task::yield_now().await;
    }
    let mut waiting = JoinSet::new();
    waiting.spawn(world.send(second));
    while world.layer.stats().collapsed < 1 {
        tokio::task::yield_now().await;
    }
    leading.shutdown().await;
    let answer = waiting.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(got(answer).await.text(), "text");
    assert_eq!((left.seen(), stays.seen()), (1, 1));
}

/// What the cache asks on its own behalf names the same receiver, when the final response has begun: it has to be deaf by
/// then.
#[tokio::test]
async fn later_requests_for_one_answer_name_the_same_receiver() {
    let size = NonZeroU64::new(2).unwrap();
    let world = World::with(|config| config.ranges(Ranges::Slices(size)));
    for (first, text) in [(0, "ab"), (2, "cd")] {
        let place = format!("bytes {first}-{}/4", first + 1);
        world.say(
            206,
            &[FRESH, ("etag", "\"1\""), ("content-range", &place)],
            text,
        );
    }
    let (request, heard) = hearing(get("/", &[]));
    assert_eq!(world.fetch(request).await.text(), "abcd");
    assert_eq!(heard.seen(), 2);

    let spawner = |task: Task| {
        tokio::spawn(task);
    };
    let world = World::with(|config| config.spawner(spawner));
    let while_stale = ("cache-control", "max-age=1, stale-while-revalidate=60");
    world.say(200, &[while_stale], "old");
    world.say(200, &[while_stale], "new");
    world.get("/", &[]).await;
    world.pass(2);
    let (request, heard) = hearing(get("/", &[]));
    assert_eq!(world.fetch(request).await.text(), "old");
    while world.seen() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(heard.seen(), 1);
}
