//! Responses kept in slices.

use std::{
    num::NonZeroU64,
    sync::{Arc, Mutex},
};

use eaves_cache::{
    store::Memory,
    tower::{CacheConfig, Ranges},
};
use tokio::task::JoinSet;

use crate::origin::{Got, OriginBody, World, get, got, respond};

pub(super) const TEXT: &str = "abcdefghijklmnopqrstuvwxyz";
const FRESH: (&str, &str) = ("cache-control", "max-age=60");

pub(super) fn sliced(config: CacheConfig) -> CacheConfig {
    config.ranges(Ranges::Slices(NonZeroU64::new(10).unwrap()))
}

pub(super) type Asked = Arc<Mutex<Vec<String>>>;

/// An origin with ranges; the tag is what `tag` holds.
pub(super) fn origin(world: &World, tag: &Arc<Mutex<&'static str>>) -> Asked {
    let asked = Asked::default();
    let (log, tag) = (asked.clone(), tag.clone());
    world.answer_with(move |headers| {
        let tag = *tag.lock().unwrap();
        let field = |name: &str| {
            headers
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let range = field("range").filter(|_| field("if-range").is_none_or(|known| known == tag));
        log.lock().unwrap().push(range.clone().unwrap_or_default());
        let Some(range) = range else {
            return respond(200, &[FRESH, ("etag", tag)])
                .body(OriginBody::whole(TEXT))
                .unwrap();
        };
        let (first, last) = range
            .strip_prefix("bytes=")
            .unwrap()
            .split_once('-')
            .unwrap();
        let (first, last) = (
            first.parse::<usize>().unwrap(),
            last.parse::<usize>().unwrap().min(25),
        );
        let place = format!("bytes {first}-{last}/26");
        let fields = [FRESH, ("etag", tag), ("content-range", &*place)];
        respond(206, &fields)
            .body(OriginBody::whole(&TEXT[first..=last]))
            .unwrap()
    });
    asked
}

pub(super) fn tag() -> Arc<Mutex<&'static str>> {
    Arc::new(Mutex::new("\"1\""))
}

pub(super) async fn range(world: &World, range: &str) -> Got {
    world.get("/", &[("range", range)]).await
}

#[tokio::test]
async fn the_whole_comes_slice_by_slice() {
    let world = World::with(sliced);
    let asked = origin(&world, &tag());
    let first = world.get("/", &[]).await;
    assert_eq!((first.status, first.text()), (200, TEXT));
    assert_eq!(first.field("content-range"), "");
    assert_eq!(
        first.cache_status(),
        "eaves; fwd=uri-miss; fwd-status=206; ttl=60; stored"
    );
    assert_eq!(
        *asked.lock().unwrap(),
        ["bytes=0-9", "bytes=10-19", "bytes=20-25"]
    );
    let second = world.get("/", &[]).await;
    assert_eq!(
        (second.text(), second.cache_status()),
        (TEXT, "eaves; hit; ttl=60")
    );
    assert_eq!(asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_range_brings_the_slices_it_lies_in() {
    let world = World::with(sliced);
    let asked = origin(&world, &tag());
    let got = range(&world, "bytes=12-21").await;
    assert_eq!((got.status, got.text()), (206, &TEXT[12..=21]));
    assert_eq!(got.field("content-range"), "bytes 12-21/26");
    assert_eq!(*asked.lock().unwrap(), ["bytes=10-19", "bytes=20-25"]);
    assert_eq!(range(&world, "bytes=10-25").await.text(), &TEXT[10..]);
    assert_eq!(range(&world, "bytes=-3").await.text(), "xyz");
    assert_eq!(asked.lock().unwrap().len(), 2);
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    assert_eq!(asked.lock().unwrap().len(), 3);
    let head = world.get("/", &[("if-none-match", "\"1\"")]).await;
    assert_eq!((head.status, asked.lock().unwrap().len()), (304, 3));
    assert_eq!(range(&world, "bytes=40-").await.status, 416);
}

#[tokio::test]
async fn slices_of_different_responses_never_mix() {
    let world = World::with(sliced);
    let tag = tag();
    let asked = origin(&world, &tag);
    range(&world, "bytes=0-3").await;
    *tag.lock().unwrap() = "\"2\"";
    // The head and the first slice are sent before it shows that the rest is another's.
    let mixed = world.get("/", &[]).await;
    assert!(mixed.body.is_err());
    let again = world.get("/", &[]).await;
    assert_eq!((again.text(), again.field("etag")), (TEXT, "\"2\""));
    assert!(asked.lock().unwrap().len() >= 5);
}

#[tokio::test]
async fn an_origin_without_ranges_or_validators_is_not_sliced() {
    let world = World::with(sliced);
    world.say(200, &[FRESH], TEXT);
    assert_eq!(range(&world, "bytes=3-4").await.text(), "de");
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    assert_eq!(world.seen(), 1);

    let world = World::with(sliced);
    let place = ("content-range", "bytes 0-9/26");
    world.say(206, &[FRESH, ("etag", "W/\"1\""), place], &TEXT[..10]);
    world.say(200, &[FRESH], TEXT);
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    assert_eq!((world.seen(), world.last_field("range")), (2, None));

    let world = World::with(sliced);
    world.say(416, &[("content-range", "bytes */0")], "");
    world.say(200, &[FRESH], "");
    assert_eq!(world.get("/", &[]).await.status, 200);
    assert_eq!(world.seen(), 2);
}

#[tokio::test]
async fn a_herd_brings_each_slice_once() {
    let world = World::with(sliced);
    let asked = origin(&world, &tag());
    let mut herd = JoinSet::new();
    for _ in 0..100 {
        let answer = world.send(get("/", &[]));
        herd.spawn(async move { got(answer.await.unwrap()).await });
    }
    let all = herd.join_all().await;
    assert!(all.iter().all(|got| got.text() == TEXT));
    assert_eq!(
        *asked.lock().unwrap(),
        ["bytes=0-9", "bytes=10-19", "bytes=20-25"]
    );
}

#[tokio::test]
async fn slices_that_were_evicted_are_asked_for_again() {
    let world = World::storing(Memory::new(2_600).max_object(2_600), sliced);
    let asked = origin(&world, &tag());
    for _ in 0..3 {
        assert_eq!(world.get("/", &[]).await.text(), TEXT);
        assert!(world.store.usage().bytes <= 2_600);
    }
    assert!(asked.lock().unwrap().len() >= 3);
}

#[tokio::test]
async fn slices_leave_with_their_url() {
    let world = World::with(sliced);
    let asked = origin(&world, &tag());
    range(&world, "bytes=0-3").await;
    world
        .layer
        .purge(&"http://a.example/".parse().unwrap())
        .unwrap();
    assert_eq!(range(&world, "bytes=0-3").await.text(), "abcd");
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn slices_of_a_response_that_varies_belong_together() {
    let world = World::with(sliced);
    world.answer_with(|headers| {
        let range = headers["range"].to_str().unwrap();
        let (first, last) = range
            .strip_prefix("bytes=")
            .unwrap()
            .split_once('-')
            .unwrap();
        let first: usize = first.parse().unwrap();
        let last = last.parse::<usize>().unwrap().min(25);
        let place = format!("bytes {first}-{last}/26");
        let fields = [
            FRESH,
            ("etag", "\"1\""),
            ("vary", "foo"),
            ("content-range", &*place),
        ];
        let body = OriginBody::whole(&TEXT[first..=last]);
        respond(206, &fields).body(body).unwrap()
    });
    for seen in [3, 3] {
        assert_eq!(world.get("/", &[("foo", "1")]).await.text(), TEXT);
        assert_eq!(world.seen(), seen);
    }
    assert_eq!(world.get("/", &[("foo", "2")]).await.text(), TEXT);
    assert_eq!(world.seen(), 6);
}

#[tokio::test]
async fn several_ranges_come_slice_by_slice() {
    let world = World::with(sliced);
    let asked = origin(&world, &tag());
    let got = range(&world, "bytes=3-4, 18-21").await;
    assert_eq!(got.ranges(), [(3, "de"), (18, "stuv")]);
    assert_eq!(
        *asked.lock().unwrap(),
        ["bytes=0-9", "bytes=10-19", "bytes=20-25"]
    );
    let got = range(&world, "bytes=-2, 0-0").await;
    assert_eq!(got.ranges(), [(24, "yz"), (0, "a")]);
    assert!(got.cache_status().starts_with("eaves; hit"));
    assert_eq!(asked.lock().unwrap().len(), 3);
}
