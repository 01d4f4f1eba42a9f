//! Bodies on their way in: truncation, disconnects, sizes, back-pressure.

use eaves_cache::{
    store::Memory,
    tower::{OnDisconnect, Task},
};
use http_body::{Body, Frame};
use http_body_util::BodyExt;

use crate::origin::{Feed, OriginBody, World, get, respond};

const FRESH: &[(&str, &str)] = &[("cache-control", "max-age=60")];

fn feeding(world: &World, len: Option<u64>) -> Feed {
    let (feed, body) = OriginBody::fed(len);
    let response = respond(200, FRESH).body(body).unwrap();
    world.answer(std::future::ready(Ok(response)));
    feed
}

fn feed(feed: &Feed, data: impl Into<bytes::Bytes>) {
    feed.send(Ok(Frame::data(data.into()))).unwrap();
}

#[tokio::test]
async fn a_body_cut_short_ends_in_an_error_and_is_not_kept() {
    let world = World::new();
    for end in ["closed", "failed"] {
        let origin = feeding(&world, Some(10));
        feed(&origin, "half ");
        if end == "failed" {
            origin.send(Err("reset")).unwrap();
        }
        drop(origin);
        let got = world.get("/", &[]).await;
        assert!(got.body.is_err(), "{end}");
        assert_eq!(world.store.usage().entries, 0, "{end}");
    }
    assert_eq!(world.store.usage().bytes, 0);
}

#[tokio::test]
async fn a_body_of_unknown_length_is_stored_at_its_end() {
    let world = World::new();
    let origin = feeding(&world, None);
    feed(&origin, "part ");
    feed(&origin, "by part");
    drop(origin);
    assert_eq!(world.get("/", &[]).await.text(), "part by part");
    let hit = world.get("/", &[]).await;
    assert_eq!(
        (hit.text(), hit.cache_status()),
        ("part by part", "eaves; hit; ttl=60")
    );
}

#[tokio::test]
async fn trailers_are_stored_apart_and_come_back() {
    let world = World::new();
    let origin = feeding(&world, None);
    feed(&origin, "data");
    let mut trailers = http::HeaderMap::new();
    trailers.insert("digest", "abc".parse().unwrap());
    origin.send(Ok(Frame::trailers(trailers.clone()))).unwrap();
    drop(origin);
    world.get("/", &[]).await;
    let hit = world.send(get("/", &[])).await.unwrap();
    assert!(!hit.headers().contains_key("digest"));
    let body = hit.into_body().collect().await.unwrap();
    assert_eq!(body.trailers(), Some(&trailers));
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_fill() {
    let world = World::new();
    let origin = feeding(&world, Some(10));
    feed(&origin, "half ");
    let mut response = world.send(get("/", &[])).await.unwrap();
    response.body_mut().frame().await.unwrap().unwrap();
    drop(response);
    assert!(origin.is_closed());
    assert_eq!(
        (world.store.usage().entries, world.store.usage().bytes),
        (0, 0)
    );
}

#[tokio::test]
async fn a_fill_can_be_finished_without_its_client() {
    let world = World::with(|config| {
        config
            .on_disconnect(OnDisconnect::Finish)
            .spawner(|task: Task| {
                tokio::spawn(task);
            })
    });
    let origin = feeding(&world, Some(10));
    feed(&origin, "half ");
    let mut response = world.send(get("/", &[])).await.unwrap();
    response.body_mut().frame().await.unwrap().unwrap();
    drop(response);
    feed(&origin, "whole");
    let got = world.get("/", &[]).await;
    assert_eq!((got.text(), world.seen()), ("half whole", 1));
}

#[tokio::test]
async fn a_reader_that_counts_to_the_announced_length_completes_the_fill() {
    let world = World::new();
    let origin = feeding(&world, None);
    feed(&origin, "12345");
    drop(origin);
    let mut response = world.send(get("/", &[])).await.unwrap();
    response.body_mut().frame().await.unwrap().unwrap();
    assert!(!response.body().is_end_stream());
    assert!(response.body_mut().frame().await.is_none());
    assert_eq!(world.store.usage().entries, 1);
}

#[tokio::test]
async fn what_is_too_large_passes_through_without_being_kept() {
    let world = World::storing(Memory::new(1 << 20).max_object(1000), |config| config);
    let origin = feeding(&world, Some(2000));
    feed(&origin, vec![7; 2000]);
    drop(origin);
    let got = world.get("/", &[]).await;
    assert_eq!(got.body.as_ref().unwrap().len(), 2000);
    assert_eq!(
        got.cache_status(),
        "eaves; fwd=uri-miss; fwd-status=200; detail=too-large"
    );
    assert_eq!(world.store.usage().bytes, 0);
}

#[tokio::test]
async fn a_body_that_outgrows_the_store_still_arrives_whole() {
    let world = World::storing(Memory::new(1 << 20).max_object(100_000), |config| config);
    let origin = feeding(&world, None);
    for part in 0..50u8 {
        feed(&origin, vec![part; 10_000]);
    }
    drop(origin);
    let body = world.get("/", &[]).await.body.unwrap();
    let expected: Vec<u8> = (0..50u8).flat_map(|part| vec![part; 10_000]).collect();
    assert!(body == expected);
    assert_eq!(
        (world.store.usage().entries, world.store.usage().bytes),
        (0, 0)
    );
}

#[tokio::test]
async fn a_reader_left_behind_by_a_body_that_is_not_kept_gets_an_error_and_never_a_hole() {
    let world = World::storing(Memory::new(1 << 20).max_object(100_000), |config| config);
    let origin = feeding(&world, None);
    feed(&origin, vec![0; 10_000]);
    let mut fast = world.send(get("/", &[])).await.unwrap().into_body();
    let slow = world.send(get("/", &[])).await.unwrap().into_body();
    for part in 1..200u8 {
        feed(&origin, vec![part; 10_000]);
    }
    drop(origin);
    let mut len = 0;
    while let Some(frame) = fast.frame().await {
        len += frame.unwrap().data_ref().unwrap().len();
    }
    assert_eq!(len, 2_000_000);
    let error = slow.collect().await.unwrap_err();
    assert!(error.to_string().contains("too far behind"), "{error}");
}

#[tokio::test]
async fn a_reader_left_behind_goes_on_by_itself_under_a_strong_validator() {
    for (tag, arrives) in [("\"1\"", true), ("\"2\"", false)] {
        let world = World::storing(Memory::new(1 << 20).max_object(100_000), |config| config);
        let (origin, body) = OriginBody::fed(None);
        let fields = [("cache-control", "max-age=60"), ("etag", "\"1\"")];
        let response = respond(200, &fields).body(body).unwrap();
        world.answer(std::future::ready(Ok(response)));
        feed(&origin, vec![0; 10_000]);
        let mut fast = world.send(get("/", &[])).await.unwrap().into_body();
        let mut slow = world.send(get("/", &[])).await.unwrap().into_body();
        for part in 1..200u8 {
            feed(&origin, vec![part; 10_000]);
        }
        drop(origin);
        while let Some(frame) = fast.frame().await {
            frame.unwrap();
        }
        // Up to here the store kept it.
        let mut read = slow
            .frame()
            .await
            .unwrap()
            .unwrap()
            .into_data()
            .unwrap()
            .len();
        while read < 100_000 {
            read += slow
                .frame()
                .await
                .unwrap()
                .unwrap()
                .into_data()
                .unwrap()
                .len();
        }
        let place = format!("bytes {read}-1999999/2000000");
        let rest = respond(206, &[("etag", tag), ("content-range", &place)])
            .body(OriginBody::whole(&"r".repeat(2_000_000 - read)));
        world.answer(std::future::ready(Ok(rest.unwrap())));
        let body = slow.collect().await;
        assert_eq!(world.last_field("range"), Some(format!("bytes={read}-")));
        assert_eq!(world.last_field("if-range").as_deref(), Some("\"1\""));
        match body {
            Ok(body) => assert_eq!((body.to_bytes().len() + read, arrives), (2_000_000, true)),
            Err(error) => assert!(!arrives, "{error}"),
        }
    }
}

/// Two readers of a body that turns out too long to be kept: the slow one has read nothing of 200 KiB, the other all.
async fn stalled(world: &World) -> (Feed, [eaves_cache::tower::CacheBody<OriginBody>; 2]) {
    let origin = feeding(world, None);
    feed(&origin, vec![0; 10_000]);
    let mut fast = world.send(get("/", &[])).await.unwrap().into_body();
    let slow = world.send(get("/", &[])).await.unwrap().into_body();
    for part in 1..20u8 {
        feed(&origin, vec![part; 10_000]);
    }
    for _ in 0..20 {
        fast.frame().await.unwrap().unwrap();
    }
    (origin, [fast, slow])
}

#[tokio::test]
async fn a_reader_that_stalls_is_left_behind_when_another_goes_on() {
    for (seconds, left) in [(59, 0), (60, 1)] {
        let small = Memory::new(1 << 20).max_object(100_000);
        let world = World::storing(small, |config| config);
        let (origin, [mut fast, mut slow]) = stalled(&world).await;
        world.pass(seconds);
        feed(&origin, vec![9; 10_000]);
        fast.frame().await.unwrap().unwrap();
        assert_eq!(world.layer.stats().stalled, left, "after {seconds} s");
        let next = slow.frame().await.unwrap();
        match next {
            Ok(frame) => assert_eq!((frame.data_ref().unwrap()[0], left), (0, 0)),
            Err(error) => assert!(error.to_string().contains("too far behind") && left == 1),
        }
    }
}

#[tokio::test]
async fn a_reader_that_goes_on_reading_slowly_is_not_left_behind() {
    let small = Memory::new(1 << 20).max_object(100_000);
    let world = World::storing(small, |config| config);
    let (origin, [mut fast, mut slow]) = stalled(&world).await;
    let mut read = 0;
    while read < 200_000 {
        world.pass(59);
        read += slow
            .frame()
            .await
            .unwrap()
            .unwrap()
            .into_data()
            .unwrap()
            .len();
        feed(&origin, vec![9; 1000]);
        fast.frame().await.unwrap().unwrap();
    }
    assert_eq!(world.layer.stats().stalled, 0);
}

/// A reader that has read everything does not stall: it waits for the origin.
#[tokio::test(start_paused = true)]
async fn a_reader_that_stalls_is_left_behind_when_nobody_goes_on() {
    let sleep = |time| -> eaves_cache::tower::Alarm { Box::pin(tokio::time::sleep(time)) };
    let world = World::storing(Memory::new(1 << 20).max_object(100_000), |config| {
        let spawner = |task: Task| {
            tokio::spawn(task);
        };
        let limit = std::time::Duration::from_secs(20);
        config.spawner(spawner).stalled_after(limit, sleep)
    });
    let (_origin, [fast, mut slow]) = stalled(&world).await;
    world.pass(20);
    // The clock of the runtime goes on by itself when nothing else is to be done.
    while world.layer.stats().stalled == 0 {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    assert!(slow.frame().await.unwrap().is_err());
    assert!(slow.frame().await.is_none(), "an error ends a body");
    drop(fast);
    assert_eq!(world.layer.stats().stalled, 1);
}

/// A world that looks after stalled readers every twenty seconds of a clock that goes on when nothing else is to be done.
fn watching() -> World {
    let sleep = |time| -> eaves_cache::tower::Alarm { Box::pin(tokio::time::sleep(time)) };
    World::storing(roomy(), |config| {
        let spawner = |task: Task| {
            tokio::spawn(task);
        };
        let limit = std::time::Duration::from_secs(20);
        config.spawner(spawner).stalled_after(limit, sleep)
    })
}

fn roomy() -> Memory {
    Memory::new(4 << 20).max_object(1 << 20)
}

fn stalled_fills(world: &World) -> u64 {
    let stalled = |(reason, _): &(eaves_cache::status::Reason, u64)| {
        *reason == eaves_cache::status::NotKept::Stalled.into()
    };
    world.layer.reasons().find(stalled).unwrap().1
}

#[tokio::test(start_paused = true)]
async fn a_fill_whose_readers_all_stall_gives_its_room_back() {
    let world = watching();
    let origin = feeding(&world, Some(400_000));
    feed(&origin, vec![1; 100_000]);
    feed(&origin, vec![2; 100_000]);
    let mut first = world.send(get("/", &[])).await.unwrap().into_body();
    let second = world.send(get("/", &[])).await.unwrap().into_body();
    first.frame().await.unwrap().unwrap();
    assert!(world.store.usage().bytes >= 400_000);
    while world.store.usage().bytes > 0 {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    assert_eq!(stalled_fills(&world), 1);
    // It is no longer shared, and what the others had is not lost.
    let alone = feeding(&world, Some(2));
    feed(&alone, "ok");
    let third = world.send(get("/", &[])).await.unwrap();
    assert_eq!(third.into_body().collect().await.unwrap().to_bytes(), "ok");
    feed(&origin, vec![3; 200_000]);
    let rest = first.collect().await.unwrap().to_bytes();
    assert_eq!((rest.len(), rest[0], rest[299_999]), (300_000, 2, 3));
    let whole = second.collect().await.unwrap().to_bytes();
    assert_eq!((whole.len(), whole[0]), (400_000, 1));
}

#[tokio::test(start_paused = true)]
async fn who_reads_slowly_or_waits_for_the_origin_keeps_the_room() {
    let world = watching();
    let origin = feeding(&world, Some(400_000));
    let mut body = world.send(get("/", &[])).await.unwrap().into_body();
    for _ in 0..10 {
        feed(&origin, vec![1; 20_000]);
        tokio::time::sleep(std::time::Duration::from_secs(15)).await;
        body.frame().await.unwrap().unwrap();
    }
    let reading = tokio::spawn(body.collect());
    tokio::time::sleep(std::time::Duration::from_secs(200)).await;
    feed(&origin, vec![1; 200_000]);
    drop(origin);
    assert_eq!(reading.await.unwrap().unwrap().to_bytes().len(), 200_000);
    assert_eq!((stalled_fills(&world), world.seen()), (0, 1));
    let hit = world.get("/", &[]).await;
    assert!(hit.cache_status().contains("hit"), "{}", hit.cache_status());
}

/// Those who do not read a body while it is stored hold none of it: it is in the room that the store has reserved.
#[tokio::test]
async fn readers_of_what_is_being_stored_hold_nothing_of_it() {
    let world = World::storing(roomy(), |config| config);
    let origin = feeding(&world, Some(300_000));
    let mut fast = world.send(get("/", &[])).await.unwrap().into_body();
    let mut slow = Vec::new();
    for _ in 0..50 {
        slow.push(world.send(get("/", &[])).await.unwrap().into_body());
    }
    let reserved = world.store.usage().bytes;
    for part in 0..10u8 {
        feed(&origin, vec![part; 30_000]);
        let mut read = 0;
        let reading = allocation_counter::measure(|| {
            let waker = std::task::Waker::noop();
            let polled = std::pin::pin!(fast.frame())
                .as_mut()
                .poll(&mut std::task::Context::from_waker(waker));
            let std::task::Poll::Ready(Some(Ok(frame))) = polled else {
                panic!("there is more")
            };
            read = frame.data_ref().unwrap().len();
        });
        // A block of the store's, which the room is for.
        assert!(reading.bytes_max < 100_000, "{}", reading.bytes_max);
        assert_eq!(read, 30_000);
        assert!(world.store.usage().bytes <= reserved);
        world.pass(60);
    }
    assert_eq!(world.layer.stats().stalled, 0);
    for body in slow {
        assert_eq!(body.collect().await.unwrap().to_bytes().len(), 300_000);
    }
}

#[tokio::test]
async fn the_origin_waits_while_no_reader_is_polled() {
    let world = World::storing(Memory::new(1 << 20), |config| config);
    let origin = feeding(&world, Some(100_000));
    let response = world.send(get("/", &[])).await.unwrap();
    for _ in 0..10 {
        feed(&origin, vec![1; 10_000]);
    }
    // Room is reserved, but nothing has been pulled: all frames are still the origin's.
    assert!(world.store.usage().bytes >= 100_000);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body.len(), 100_000);
}

/// A body that makes its frames when it is pulled.
struct Endless {
    left: u64,
}

impl Body for Endless {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<bytes::Bytes>, Self::Error>>> {
        let len = self.left.min(64 * 1024);
        self.left -= len;
        let frame = (len > 0).then(|| Ok(Frame::data(vec![7; len as usize].into())));
        std::task::Poll::Ready(frame)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.left)
    }
}

/// Reads a body of 100 MiB through a cache and returns the most that was allocated at once.
fn most_allocated(control: &'static str, budget: u64) -> u64 {
    use eaves_cache::tower::{CacheConfig, CacheLayer, RequestBody};
    use tower::{Layer, ServiceExt, service_fn};

    const LEN: u64 = 100 << 20;
    let origin = service_fn(move |_: http::Request<RequestBody<String>>| async move {
        http::Response::builder()
            .header("cache-control", control)
            .body(Endless { left: LEN })
    });
    let store = std::sync::Arc::new(Memory::new(budget).max_object(budget));
    let service = CacheLayer::new(CacheConfig::default().store(store)).layer(origin);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let measured = allocation_counter::measure(|| {
        runtime.block_on(async {
            let mut body = service.oneshot(get("/", &[])).await.unwrap().into_body();
            let mut read = 0;
            while let Some(frame) = body.frame().await {
                read += frame.unwrap().data_ref().unwrap().len() as u64;
            }
            assert_eq!(read, LEN);
        });
    });
    measured.bytes_max
}

#[test]
fn a_long_body_never_sits_in_memory_whole() {
    for (control, budget) in [("no-store", 256 << 20), ("max-age=60", 8 << 20)] {
        let most = most_allocated(control, budget);
        assert!(most < 1 << 20, "{control}: {most} bytes at once");
    }
}
