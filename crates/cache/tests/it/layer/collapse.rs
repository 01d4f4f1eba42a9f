//! Many requests at once for the same.

use std::time::Duration;

use eaves_cache::tower::{Alarm, CacheBody};
use http::Response;
use tokio::{sync::oneshot, task::JoinSet};

use crate::origin::{Answer, Got, OriginBody, World, get, got, respond};

/// An answer that waits until the test sends it.
fn later(world: &World) -> oneshot::Sender<Answer> {
    let (send, receive) = oneshot::channel();
    world.answer(async move { receive.await.unwrap_or(Err("never answered")) });
    send
}

fn start(world: &World, clients: usize, fields: &[(&str, &str)]) -> JoinSet<Got> {
    let mut set = JoinSet::new();
    for _ in 0..clients {
        let response = world.send(get("/", fields));
        set.spawn(async move { got(unwrap(response.await)).await });
    }
    set
}

fn unwrap(
    response: Result<Response<CacheBody<OriginBody>>, &str>,
) -> Response<CacheBody<OriginBody>> {
    response.unwrap()
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn five_hundred_requests_for_a_cold_url_reach_the_origin_once() {
    let world = World::new();
    let answer = later(&world);
    let clients = start(&world, 500, &[]);
    settle().await;
    assert_eq!(world.seen(), 1);
    let response =
        respond(200, &[("cache-control", "max-age=60")]).body(OriginBody::whole("hello"));
    assert!(answer.send(Ok(response.unwrap())).is_ok());
    let all = clients.join_all().await;
    assert!(all.iter().all(|got| got.text() == "hello"));
    assert_eq!(
        all.iter()
            .filter(|got| got.cache_status() == "eaves; fwd=uri-miss; ttl=60; collapsed")
            .count(),
        499
    );
    assert_eq!(world.seen(), 1);
}

#[tokio::test]
async fn followers_read_a_fill_while_it_lasts() {
    let world = World::new();
    let answer = later(&world);
    let (feed, body) = OriginBody::fed(Some(6));
    let clients = start(&world, 20, &[]);
    settle().await;
    let response = respond(200, &[("cache-control", "max-age=60")]).body(body);
    assert!(answer.send(Ok(response.unwrap())).is_ok());
    settle().await;
    for part in ["ab", "cd", "ef"] {
        feed.send(Ok(http_body::Frame::data(part.into()))).unwrap();
        settle().await;
    }
    let late = start(&world, 5, &[]);
    for got in clients
        .join_all()
        .await
        .iter()
        .chain(&late.join_all().await)
    {
        assert_eq!(got.text(), "abcdef");
    }
    assert_eq!(world.seen(), 1);
}

#[tokio::test]
async fn who_comes_when_a_fill_is_stale_shares_a_newer_one() {
    let world = World::new();
    let (feed, body) = OriginBody::fed(Some(3));
    let fields = [("cache-control", "max-age=60")];
    let response = respond(200, &fields).body(body).unwrap();
    world.answer(std::future::ready(Ok(response)));
    let first = start(&world, 1, &[]);
    settle().await;
    world.pass(59);
    let follower = start(&world, 1, &[]);
    settle().await;
    assert_eq!(world.seen(), 1);
    world.pass(1);
    // The body is still on its way, and what is on its way is no longer fresh.
    let later = later(&world);
    let herd = start(&world, 20, &[]);
    settle().await;
    assert_eq!(world.seen(), 2);
    let date = [fields[0], ("date", "Mon, 21 Sep 2026 14:14:20 GMT")];
    let response = respond(200, &date).body(OriginBody::whole("new")).unwrap();
    assert!(later.send(Ok(response)).is_ok());
    let herd = herd.join_all().await;
    assert!(herd.iter().all(|got| got.text() == "new"));
    feed.send(Ok(http_body::Frame::data("old".into()))).unwrap();
    for got in [first.join_all().await, follower.join_all().await].concat() {
        assert_eq!(got.text(), "old");
    }
    assert_eq!(world.seen(), 2);
}

#[tokio::test]
async fn who_wants_it_newer_than_what_is_being_filled_asks() {
    for control in ["no-cache", "max-age=8", "min-fresh=52"] {
        let world = World::new();
        let (feed, body) = OriginBody::fed(Some(3));
        let fields = [("cache-control", "max-age=60")];
        let response = respond(200, &fields).body(body).unwrap();
        world.answer(std::future::ready(Ok(response)));
        let first = start(&world, 1, &[]);
        settle().await;
        world.pass(9);
        let other = start(&world, 1, &[("cache-control", "max-age=9")]);
        settle().await;
        world.say(200, &fields, "new");
        let picky = start(&world, 1, &[("cache-control", control)]);
        settle().await;
        feed.send(Ok(http_body::Frame::data("old".into()))).unwrap();
        let texts = |all: Vec<Got>| all[0].text().to_owned();
        assert_eq!(texts(picky.join_all().await), "new", "{control}");
        assert_eq!(texts(first.join_all().await), "old", "{control}");
        assert_eq!(texts(other.join_all().await), "old", "{control}");
        // What was asked for first and came last replaces nothing.
        assert_eq!(world.get("/", &[]).await.text(), "new", "{control}");
        assert_eq!(world.seen(), 2, "{control}");
    }
}

#[tokio::test]
async fn a_no_store_answer_lets_everybody_ask_and_the_next_wave_does_not_queue() {
    let world = World::new();
    let first = later(&world);
    for _ in 0..9 {
        world.say(200, &[("cache-control", "no-store")], "mine");
    }
    let clients = start(&world, 10, &[]);
    settle().await;
    assert_eq!(world.seen(), 1);
    let response = respond(200, &[("cache-control", "no-store")]).body(OriginBody::whole("mine"));
    assert!(first.send(Ok(response.unwrap())).is_ok());
    assert!(
        clients
            .join_all()
            .await
            .iter()
            .all(|got| got.text() == "mine")
    );
    assert_eq!(world.seen(), 10);
    let next: Vec<_> = (0..20).map(|_| later(&world)).collect();
    let clients = start(&world, 20, &[]);
    settle().await;
    // None of them is answered, and nobody waits for another.
    assert_eq!(world.seen(), 30);
    for answer in next {
        let body = OriginBody::whole("mine");
        let response = respond(200, &[("cache-control", "no-store")]).body(body);
        assert!(answer.send(Ok(response.unwrap())).is_ok());
    }
    assert_eq!(clients.join_all().await.len(), 20);
}

#[tokio::test]
async fn when_the_one_who_asks_leaves_the_next_one_asks() {
    let world = World::new();
    let never = later(&world);
    world.say(200, &[("cache-control", "max-age=60")], "hello");
    let mut leading = start(&world, 1, &[]);
    settle().await;
    let clients = start(&world, 50, &[]);
    settle().await;
    assert_eq!(world.seen(), 1);
    leading.abort_all();
    while leading.join_next().await.is_some() {}
    assert!(
        clients
            .join_all()
            .await
            .iter()
            .all(|got| got.text() == "hello")
    );
    assert_eq!(world.seen(), 2);
    drop(never);
}

#[tokio::test]
async fn requests_that_select_another_variant_get_their_own() {
    let world = World::new();
    let first = later(&world);
    let ones = start(&world, 5, &[("foo", "1")]);
    settle().await;
    let twos = start(&world, 5, &[("foo", "2")]);
    settle().await;
    assert_eq!(world.seen(), 1);
    let fields = [("cache-control", "max-age=60"), ("vary", "foo")];
    world.say(200, &fields, "two");
    let response = respond(200, &fields)
        .body(OriginBody::whole("one"))
        .unwrap();
    assert!(first.send(Ok(response)).is_ok());
    assert!(ones.join_all().await.iter().all(|got| got.text() == "one"));
    assert!(twos.join_all().await.iter().all(|got| got.text() == "two"));
    assert_eq!(world.seen(), 2);
}

#[tokio::test]
async fn a_failed_origin_fails_those_who_waited_with_a_502() {
    let world = World::new();
    let first = later(&world);
    let mut leading = JoinSet::new();
    leading.spawn(world.send(get("/", &[])));
    settle().await;
    let clients = start(&world, 5, &[]);
    settle().await;
    assert!(first.send(Err("connection refused")).is_ok());
    assert_eq!(
        leading.join_next().await.unwrap().unwrap().err(),
        Some("connection refused")
    );
    assert!(clients.join_all().await.iter().all(|got| got.status == 502));
    assert_eq!(world.seen(), 1);
}

#[tokio::test]
async fn what_a_purge_of_many_concerns_while_it_is_fetched_takes_no_room() {
    use eaves_cache::purge::Purge;

    let world = World::new();
    let answer = later(&world);
    let clients = start(&world, 1, &[]);
    settle().await;
    let _ = world
        .layer
        .apply(&Purge::prefix("http://a.example/").unwrap());
    let response = respond(200, &[("cache-control", "max-age=60")]).body(OriginBody::whole("old"));
    assert!(answer.send(Ok(response.unwrap())).is_ok());
    assert!(
        clients
            .join_all()
            .await
            .iter()
            .all(|got| got.text() == "old")
    );
    assert_eq!(
        (world.store.usage().entries, world.layer.stats().stored),
        (0, 0)
    );
}

#[tokio::test]
async fn what_is_purged_while_it_is_fetched_is_not_kept() {
    let world = World::new();
    let first = later(&world);
    world.say(200, &[("cache-control", "max-age=60")], "new");
    let clients = start(&world, 3, &[]);
    settle().await;
    world
        .layer
        .purge(&"http://a.example/".parse().unwrap())
        .unwrap();
    let after = start(&world, 3, &[]);
    settle().await;
    assert_eq!(world.seen(), 2);
    let response = respond(200, &[("cache-control", "max-age=60")]).body(OriginBody::whole("old"));
    assert!(first.send(Ok(response.unwrap())).is_ok());
    // Who asked before the purge may get either; who asked after it must not get the old one.
    let before = clients.join_all().await;
    assert!(
        before
            .iter()
            .all(|got| ["old", "new"].contains(&got.text()))
    );
    assert!(after.join_all().await.iter().all(|got| got.text() == "new"));
    assert_eq!(world.get("/", &[]).await.text(), "new");
}

#[tokio::test]
async fn a_herd_reaches_the_origin_once_in_every_run() {
    for run in 0..20 {
        let world = World::new();
        let answer = later(&world);
        let clients = start(&world, 1000, &[]);
        settle().await;
        let response =
            respond(200, &[("cache-control", "max-age=60")]).body(OriginBody::whole("hello"));
        assert!(answer.send(Ok(response.unwrap())).is_ok());
        assert!(
            clients
                .join_all()
                .await
                .iter()
                .all(|got| got.text() == "hello")
        );
        assert_eq!(world.seen(), 1, "run {run}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_asks_for_itself() {
    let sleep = |time| -> Alarm { Box::pin(tokio::time::sleep(time)) };
    let world = World::with(|config| config.wait_at_most(Duration::from_secs(5), sleep));
    let never = later(&world);
    world.say(200, &[("cache-control", "max-age=60")], "hello");
    let mut leading = start(&world, 1, &[]);
    settle().await;
    let patient = start(&world, 1, &[]);
    settle().await;
    assert_eq!(world.seen(), 1);
    // The clock runs as soon as everybody waits for it.
    let got = patient.join_all().await;
    assert_eq!((got[0].text(), world.seen()), ("hello", 2));
    assert!(!got[0].cache_status().contains("collapsed"));
    leading.abort_all();
    while leading.join_next().await.is_some() {}
    drop(never);
}

#[tokio::test]
async fn a_waiter_that_leaves_passes_on_the_lead_it_was_offered() {
    let world = World::new();
    let never = later(&world);
    world.say(200, &[("cache-control", "max-age=60")], "hello");
    let mut leading = start(&world, 1, &[]);
    settle().await;
    let mut impatient = start(&world, 3, &[]);
    settle().await;
    let patient = start(&world, 3, &[]);
    settle().await;
    // Nobody runs between these: the offer goes to one that is about to be dropped.
    leading.abort_all();
    impatient.abort_all();
    assert!(
        patient
            .join_all()
            .await
            .iter()
            .all(|got| got.text() == "hello")
    );
    assert_eq!(world.seen(), 2);
    drop(never);
}
