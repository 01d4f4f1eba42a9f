//! Stored parts and slices that are not fresh (RFC 9111 sections 3.4 and 4.3, RFC 9110 sections 13.1.5 and 13.2).

use std::num::NonZeroU64;

use eaves_cache::{
    field::HttpDate,
    tower::{CacheConfig, Ranges, Task},
};
use eaves_common::time::Clock;
use http::HeaderMap;
use tokio::task::JoinSet;

use crate::origin::{Got, OriginBody, World, get, got, respond};

const TEXT: &str = "abcdefghijklmnopqrstuvwxyz";
const TAG: (&str, &str) = ("etag", "\"1\"");
const FRESH: (&str, &str) = ("cache-control", "max-age=60");

fn say(world: &World, status: u16, fields: &[(&str, &str)], body: &str) {
    let date = HttpDate::from(world.clock.now().wall).to_string();
    let all: Vec<_> = fields.iter().copied().chain([("date", &*date)]).collect();
    world.say(status, &all, body);
}

/// The origin answers with this part of the alphabet.
fn say_part(world: &World, first: usize, last: usize, fields: &[(&str, &str)]) {
    let place = format!("bytes {first}-{last}/26");
    let place = [("content-range", &*place)];
    let fields: Vec<_> = fields.iter().copied().chain(place).collect();
    say(world, 206, &fields, &TEXT[first..=last]);
}

async fn range(world: &World, range: &str) -> Got {
    world.get("/", &[("range", range)]).await
}

/// Bytes 2 to 6 are stored, and no longer fresh.
async fn stale(world: World, fields: &[(&str, &str)]) -> World {
    say_part(&world, 2, 6, fields);
    assert_eq!(range(&world, "bytes=2-6").await.text(), "cdefg");
    world.pass(61);
    world
}

fn last(world: &World, names: &[&str]) -> Vec<String> {
    let field = |name: &&str| world.last_field(name).unwrap_or_default();
    names.iter().map(field).collect()
}

const ASKED: [&str; 4] = ["if-none-match", "if-modified-since", "range", "if-range"];

#[tokio::test]
async fn a_304_freshens_stored_parts() {
    let world = stale(World::new(), &[FRESH, TAG, ("x-old", "1")]).await;
    say(&world, 304, &[FRESH, TAG, ("x-new", "1")], "");
    let got = range(&world, "bytes=3-4").await;
    assert_eq!((got.status, got.text()), (206, "de"));
    assert_eq!(got.field("content-range"), "bytes 3-4/26");
    assert_eq!(
        got.cache_status(),
        "eaves; fwd=stale; fwd-status=304; ttl=60; stored"
    );
    assert_eq!((got.field("x-old"), got.field("x-new")), ("1", "1"));
    assert_eq!(last(&world, &ASKED), ["\"1\"", "", "bytes=3-4", ""]);
    let hit = range(&world, "bytes=2-6").await;
    assert_eq!(
        (hit.text(), hit.cache_status()),
        ("cdefg", "eaves; hit; ttl=60")
    );
    assert_eq!((hit.field("x-new"), world.seen()), ("1", 2));
}

#[tokio::test]
async fn what_lacks_is_asked_for_under_if_range_and_validates_the_rest() {
    let world = stale(World::new(), &[FRESH, TAG]).await;
    say_part(&world, 7, 9, &[FRESH, TAG]);
    let got = range(&world, "bytes=5-9").await;
    assert_eq!((got.status, got.text()), (206, "fghij"));
    assert_eq!(last(&world, &ASKED), ["", "", "bytes=7-9", "\"1\""]);
    let hit = range(&world, "bytes=2-9").await;
    assert_eq!(
        (hit.text(), hit.cache_status()),
        ("cdefghij", "eaves; hit; ttl=60")
    );
}

#[tokio::test]
async fn another_representation_takes_the_place_of_stale_parts() {
    // Whole, as a part, and as a part of an origin that ignores conditions.
    let whole = stale(World::new(), &[FRESH, TAG]).await;
    say(&whole, 200, &[FRESH, ("etag", "\"2\"")], "another");
    let got = range(&whole, "bytes=2-6").await;
    assert_eq!((got.status, got.text()), (206, "other"));
    assert_eq!(whole.get("/", &[]).await.text(), "another");

    let part = stale(World::new(), &[FRESH, TAG]).await;
    let fields = [FRESH, ("etag", "\"2\""), ("content-range", "bytes 2-6/26")];
    say(&part, 206, &fields, "CDEFG");
    let got = range(&part, "bytes=2-6").await;
    assert_eq!((got.text(), got.field("etag")), ("CDEFG", "\"2\""));
    say_part(&part, 7, 9, &[FRESH, TAG]);
    say(&part, 200, &[FRESH, ("etag", "\"2\"")], "whole");
    let mixed = range(&part, "bytes=2-9").await;
    assert_eq!((mixed.text(), part.seen()), ("whole", 4));

    let same = stale(World::new(), &[FRESH, TAG]).await;
    say_part(&same, 2, 6, &[FRESH, TAG]);
    assert_eq!(range(&same, "bytes=2-6").await.text(), "cdefg");
    assert_eq!(range(&same, "bytes=2-6").await.text(), "cdefg");
    assert_eq!(same.seen(), 2);
}

#[tokio::test]
async fn a_successor_that_may_not_be_stored_ends_the_parts() {
    let world = stale(World::new(), &[FRESH, TAG]).await;
    say(&world, 200, &[("cache-control", "no-store")], "secret");
    assert_eq!(range(&world, "bytes=2-6").await.text(), "secret");
    say_part(&world, 2, 6, &[FRESH, TAG]);
    let again = range(&world, "bytes=2-6").await;
    assert_eq!(again.text(), "cdefg");
    assert_eq!(last(&world, &ASKED)[0], "", "nothing was left to validate");
}

#[tokio::test]
async fn a_304_about_something_else_changes_nothing() {
    let world = stale(World::new(), &[FRESH, TAG]).await;
    say(&world, 304, &[FRESH, ("etag", "\"2\"")], "");
    say_part(&world, 2, 6, &[FRESH, ("etag", "\"2\"")]);
    let got = range(&world, "bytes=2-6").await;
    assert_eq!((got.status, got.field("etag")), (206, "\"2\""));
    assert_eq!(world.seen(), 3);
    assert_eq!(last(&world, &ASKED), ["", "", "bytes=2-6", ""]);
}

#[tokio::test]
async fn a_date_validates_what_has_no_tag() {
    let modified = ("last-modified", "Mon, 21 Sep 2026 13:13:20 GMT");
    let world = stale(World::new(), &[FRESH, modified]).await;
    say(&world, 304, &[FRESH], "");
    assert_eq!(range(&world, "bytes=2-3").await.text(), "cd");
    assert_eq!(last(&world, &ASKED), ["", modified.1, "bytes=2-3", ""]);
    assert!(
        range(&world, "bytes=2-6")
            .await
            .cache_status()
            .contains("hit")
    );
}

/// The client's If-Range decides about the successor; its If-None-Match is answered here.
#[tokio::test]
async fn conditions_of_the_client_keep_their_meaning() {
    let world = stale(World::new(), &[FRESH, TAG]).await;
    say(&world, 200, &[FRESH, ("etag", "\"2\"")], "successor");
    let fields = [("range", "bytes=2-6"), ("if-range", "\"1\"")];
    let got = world.get("/", &fields).await;
    assert_eq!((got.status, got.text()), (200, "successor"));
    assert_eq!(last(&world, &ASKED), ["\"1\"", "", "bytes=2-6", "\"1\""]);

    let world = stale(World::new(), &[FRESH, TAG]).await;
    say(&world, 304, &[FRESH, TAG], "");
    let fields = [("range", "bytes=2-6"), ("if-none-match", "\"0\", \"1\"")];
    let got = world.get("/", &fields).await;
    assert_eq!((got.status, got.text()), (304, ""));
    assert_eq!(last(&world, &ASKED)[0], "\"1\"");
}

#[tokio::test]
async fn a_request_may_ask_for_validation_of_fresh_parts() {
    let world = World::new();
    say_part(&world, 2, 6, &[FRESH, TAG]);
    range(&world, "bytes=2-6").await;
    say(&world, 304, &[FRESH, TAG], "");
    let fields = [("range", "bytes=2-6"), ("cache-control", "no-cache")];
    let got = world.get("/", &fields).await;
    assert_eq!(got.text(), "cdefg");
    assert!(got.cache_status().contains("fwd=request; fwd-status=304"));
}

#[tokio::test]
async fn stale_parts_stand_in_for_an_origin_that_fails() {
    for status in [None, Some(503)] {
        let world = stale(World::new(), &[FRESH, TAG]).await;
        match status {
            None => world.say_error(),
            Some(status) => say(&world, status, &[], "down"),
        }
        let got = range(&world, "bytes=2-4").await;
        assert_eq!((got.status, got.text()), (206, "cde"), "{status:?}");
        assert!(got.cache_status().ends_with("detail=origin-error"));
        assert_eq!(world.layer.stats().stale_on_error, 1);
    }
    let strict = ("cache-control", "max-age=60, must-revalidate");
    let world = stale(World::new(), &[strict, TAG]).await;
    world.say_error();
    assert_eq!(range(&world, "bytes=2-4").await.status, 504);
    say(&world, 503, &[], "down");
    assert_eq!(range(&world, "bytes=2-4").await.status, 503);
}

#[tokio::test]
async fn stale_parts_are_served_while_they_are_validated() {
    let spawner = |task: Task| {
        tokio::spawn(task);
    };
    let while_stale = ("cache-control", "max-age=60, stale-while-revalidate=60");
    let world = World::with(|config| config.spawner(spawner));
    let world = stale(world, &[while_stale, TAG]).await;
    say(&world, 304, &[while_stale, TAG], "");
    let got = range(&world, "bytes=3-5").await;
    assert_eq!(
        (got.text(), got.cache_status()),
        ("def", "eaves; hit; ttl=-1")
    );
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    let hit = range(&world, "bytes=2-6").await;
    assert_eq!(
        (hit.text(), hit.cache_status()),
        ("cdefg", "eaves; hit; ttl=60")
    );
    assert_eq!(last(&world, &ASKED), ["\"1\"", "", "bytes=3-5", ""]);
    assert_eq!((world.seen(), world.layer.stats().background), (2, 1));
}

#[tokio::test]
async fn a_herd_validates_stale_parts_once() {
    let world = stale(World::new(), &[FRESH, TAG]).await;
    let (release, held) = tokio::sync::oneshot::channel::<()>();
    let date = HttpDate::from(world.clock.now().wall).to_string();
    world.answer(async move {
        held.await.unwrap();
        let answer = respond(304, &[FRESH, TAG, ("date", &date)]);
        Ok(answer.body(OriginBody::whole("")).unwrap())
    });
    let mut herd = JoinSet::new();
    for at in 0..50 {
        let asked = format!("bytes={}-6", 2 + at % 5);
        let answer = world.send(get("/", &[("range", &asked)]));
        herd.spawn(async move { (at, got(answer.await.unwrap()).await) });
    }
    while world.layer.stats().validations < 50 {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    for (at, got) in herd.join_all().await {
        assert_eq!(got.text(), &"cdefg"[at % 5..]);
    }
    assert_eq!(world.seen(), 2);
}

fn sliced(config: CacheConfig) -> CacheConfig {
    config.ranges(Ranges::Slices(NonZeroU64::new(10).unwrap()))
}

/// An origin of one alphabet after another, that knows conditions; what it was asked comes back.
fn origin(world: &World, version: usize) {
    let clock = world.clock.clone();
    world.answer_with(move |headers: &HeaderMap| {
        let field = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        let (tag, date) = (
            format!("\"{version}\""),
            HttpDate::from(clock.now().wall).to_string(),
        );
        let fields = [FRESH, ("etag", &*tag), ("date", &*date)];
        let text = text(version);
        if field("if-none-match") == Some(&tag) {
            return respond(304, &fields).body(OriginBody::whole("")).unwrap();
        }
        let held = field("if-range").is_none_or(|known| known == tag);
        let Some(asked) = field("range").filter(|_| held) else {
            return respond(200, &fields)
                .body(OriginBody::whole(&text))
                .unwrap();
        };
        let (first, end) = asked
            .strip_prefix("bytes=")
            .unwrap()
            .split_once('-')
            .unwrap();
        let first: usize = first.parse().unwrap();
        let end = text.len().min(end.parse::<usize>().unwrap() + 1);
        let place = format!("bytes {first}-{}/{}", end - 1, text.len());
        let fields = [fields[0], fields[1], fields[2], ("content-range", &*place)];
        let body = OriginBody::whole(&text[first..end]);
        respond(206, &fields).body(body).unwrap()
    });
}

/// Each version is another text of another length.
fn text(version: usize) -> String {
    TEXT[..26 - version]
        .to_uppercase()
        .repeat(version)
        .replace('A', "+")
        + TEXT
}

#[tokio::test]
async fn stale_slices_are_validated_by_one_request() {
    let world = World::with(sliced);
    origin(&world, 0);
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    assert_eq!(world.seen(), 3);
    world.pass(61);
    let got = range(&world, "bytes=12-25").await;
    assert_eq!((got.status, got.text()), (206, &TEXT[12..]));
    assert_eq!(
        got.cache_status(),
        "eaves; fwd=stale; fwd-status=304; ttl=60; stored"
    );
    assert_eq!(last(&world, &ASKED), ["\"0\"", "", "bytes=10-19", ""]);
    let whole = world.get("/", &[]).await;
    assert_eq!(
        (whole.text(), whole.cache_status()),
        (TEXT, "eaves; hit; ttl=60")
    );
    assert_eq!(world.seen(), 4);
}

#[tokio::test]
async fn stale_slices_of_what_changed_are_fetched_anew() {
    let world = World::with(sliced);
    for version in 0..4 {
        origin(&world, version);
        let (text, seen) = (text(version), world.seen());
        let got = world.get("/", &[]).await;
        assert_eq!(got.text(), text, "{version}");
        assert_eq!(got.field("etag"), format!("\"{version}\""));
        assert_eq!(world.seen() - seen, text.len().div_ceil(10), "{version}");
        assert_eq!(range(&world, "bytes=4-22").await.text(), &text[4..=22]);
        world.pass(61);
    }
}

#[tokio::test]
async fn a_herd_validates_stale_slices_once() {
    let world = World::with(sliced);
    origin(&world, 0);
    world.get("/", &[]).await;
    world.pass(61);
    let mut herd = JoinSet::new();
    for _ in 0..50 {
        let answer = world.send(get("/", &[]));
        herd.spawn(async move { got(answer.await.unwrap()).await });
    }
    assert!(herd.join_all().await.iter().all(|got| got.text() == TEXT));
    assert_eq!(world.seen(), 4);
}

#[tokio::test]
async fn slices_are_served_while_they_are_validated() {
    let spawner = |task: Task| {
        tokio::spawn(task);
    };
    let world = World::with(|config| sliced(config).spawner(spawner));
    let while_stale = ("cache-control", "max-age=60, stale-while-revalidate=60");
    say_part(&world, 0, 9, &[while_stale, TAG]);
    range(&world, "bytes=0-9").await;
    world.pass(61);
    say(&world, 304, &[while_stale, TAG], "");
    // Nothing but the question goes to the origin for it, however much of the whole is not there.
    let got = world.send(get("/", &[])).await.unwrap();
    assert_eq!(got.headers()["cache-status"], "eaves; hit; ttl=-1");
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert_eq!(last(&world, &ASKED), ["\"1\"", "", "bytes=0-9", ""]);
    assert_eq!(
        range(&world, "bytes=3-4").await.cache_status(),
        "eaves; hit; ttl=60"
    );
    assert_eq!(world.seen(), 2);
}

#[tokio::test]
async fn a_request_that_wants_it_fresh_gets_slices() {
    let world = World::with(sliced);
    origin(&world, 0);
    let fields = [("cache-control", "no-cache")];
    for seen in [3, 4] {
        assert_eq!(world.get("/", &fields).await.text(), TEXT);
        assert_eq!(world.seen(), seen);
    }
}
