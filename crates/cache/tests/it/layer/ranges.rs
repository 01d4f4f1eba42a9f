//! Ranges: from whole hits, from parts that are combined and completed, and cut from what is being filled.

use eaves_cache::{store::Memory, tower::Ranges};
use http_body::Frame;
use proptest::prelude::*;

use crate::origin::{Got, OriginBody, World, respond};

const TEXT: &str = "0123456789";
const TAG: (&str, &str) = ("etag", "\"1\"");
const FRESH: (&str, &str) = ("cache-control", "max-age=60");

/// The origin answers with this part of the text.
fn say_part(world: &World, first: usize, last: usize, fields: &[(&str, &str)]) {
    let place = format!("bytes {first}-{last}/10");
    let mut all = vec![FRESH, ("content-range", &*place), ("x-part", "yes")];
    all.extend_from_slice(fields);
    world.say(206, &all, &TEXT[first..=last]);
}

fn say_whole(world: &World) {
    world.say(200, &[FRESH, TAG, ("content-type", "text/plain")], TEXT);
}

async fn range(world: &World, range: &str) -> Got {
    world.get("/", &[("range", range)]).await
}

#[tokio::test]
async fn a_whole_response_gives_every_kind_of_range() {
    let world = World::new();
    say_whole(&world);
    world.get("/", &[]).await;
    for (asked, status, text, place) in [
        ("bytes=2-4", 206, "234", "bytes 2-4/10"),
        ("bytes=-3", 206, "789", "bytes 7-9/10"),
        ("bytes=0-3, 2-5", 206, "012345", "bytes 0-5/10"),
        ("bytes=5-5, 40-50", 206, "5", "bytes 5-5/10"),
        ("bytes=40-", 416, "", "bytes */10"),
        ("bytes=4-2", 200, TEXT, ""),
        ("lines=1-2", 200, TEXT, ""),
    ] {
        let got = range(&world, asked).await;
        assert_eq!((got.status, got.text()), (status, text), "{asked}");
        assert_eq!(got.field("content-range"), place, "{asked}");
        if status != 200 {
            let len = text.len().to_string();
            assert_eq!(got.field("content-length"), len, "{asked}");
        }
    }
    assert_eq!(world.seen(), 1);
}

#[tokio::test]
async fn several_ranges_come_as_multipart() {
    let world = World::new();
    say_whole(&world);
    world.get("/", &[]).await;
    let got = range(&world, "bytes=7-8, 0-1").await;
    assert_eq!(got.status, 206);
    assert_eq!(got.field("content-range"), "");
    let kind = got.field("content-type");
    let boundary = kind
        .strip_prefix("multipart/byteranges; boundary=")
        .unwrap();
    let part = |place: &str, text: &str| {
        format!(
            "\r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes {place}/10\r\n\r\n{text}"
        )
    };
    let expected = format!(
        "{}{}\r\n--{boundary}--\r\n",
        part("7-8", "78"),
        part("0-1", "01")
    );
    assert_eq!(got.text(), expected);
    assert_eq!(got.field("content-length"), expected.len().to_string());
}

#[tokio::test]
async fn if_range_decides_between_a_part_and_the_whole() {
    let world = World::new();
    let modified = ("last-modified", "Mon, 21 Sep 2026 13:13:20 GMT");
    world.say(200, &[FRESH, TAG, modified], TEXT);
    world.get("/", &[]).await;
    for (validator, status) in [
        ("\"1\"", 206),
        ("W/\"1\"", 200),
        ("\"2\"", 200),
        ("Mon, 21 Sep 2026 13:13:20 GMT", 206),
        ("Mon, 21 Sep 2026 13:13:21 GMT", 200),
        ("nonsense", 200),
    ] {
        let fields = [("range", "bytes=0-0"), ("if-range", validator)];
        assert_eq!(world.get("/", &fields).await.status, status, "{validator}");
    }
}

#[tokio::test]
async fn a_part_answers_for_what_it_holds() {
    let world = World::new();
    say_part(&world, 2, 6, &[]);
    let first = range(&world, "bytes=2-6").await;
    assert_eq!((first.status, first.text()), (206, "23456"));
    assert_eq!(
        first.cache_status(),
        "eaves; fwd=uri-miss; fwd-status=206; ttl=60; stored"
    );
    assert_eq!(world.last_field("range").as_deref(), Some("bytes=2-6"));
    for (asked, text, place) in [
        ("bytes=2-6", "23456", "bytes 2-6/10"),
        ("bytes=3-4", "34", "bytes 3-4/10"),
        ("bytes=-5", "", ""),
    ] {
        if text.is_empty() {
            // Not all of it is there, and without a validator it cannot be completed.
            say_part(&world, 5, 9, &[]);
            assert_eq!(range(&world, asked).await.text(), "56789");
            continue;
        }
        let got = range(&world, asked).await;
        assert_eq!(
            (got.status, got.text(), got.field("content-range")),
            (206, text, place)
        );
        assert!(got.cache_status().contains("hit"), "{}", got.cache_status());
        assert_eq!(got.field("x-part"), "yes");
    }
    assert_eq!(world.seen(), 2);
    // The second part took the place of the first: nothing says that they belong together.
    say_part(&world, 2, 3, &[]);
    range(&world, "bytes=2-3").await;
    assert_eq!(world.seen(), 3);
}

#[tokio::test]
async fn parts_under_one_strong_validator_are_combined_and_completed() {
    let world = World::new();
    say_part(&world, 0, 2, &[TAG]);
    range(&world, "bytes=0-2").await;
    say_part(&world, 7, 9, &[TAG]);
    range(&world, "bytes=7-9").await;
    say_part(&world, 3, 6, &[TAG, ("x-new", "1")]);
    let whole = world.get("/", &[]).await;
    assert_eq!((whole.status, whole.text()), (200, TEXT));
    assert_eq!(
        whole.cache_status(),
        "eaves; fwd=partial; fwd-status=206; ttl=60; stored"
    );
    assert_eq!(world.last_field("range").as_deref(), Some("bytes=3-6"));
    assert_eq!(world.last_field("if-range").as_deref(), Some("\"1\""));
    assert_eq!(
        (whole.field("content-length"), whole.field("content-range")),
        ("10", "")
    );
    assert_eq!(
        whole.field("x-new"),
        "1",
        "the newest fields count: RFC 9111 section 3.4"
    );
    let again = world.get("/", &[]).await;
    assert_eq!(
        (again.text(), again.cache_status()),
        (TEXT, "eaves; hit; ttl=60")
    );
    assert_eq!(range(&world, "bytes=1-8").await.text(), "12345678");
    let known = world.get("/", &[("if-none-match", "\"1\"")]).await;
    assert_eq!((known.status, world.seen()), (304, 3));
}

#[tokio::test]
async fn a_response_that_changed_takes_the_place_of_its_parts() {
    let world = World::new();
    say_part(&world, 0, 2, &[TAG]);
    range(&world, "bytes=0-2").await;
    world.say(200, &[FRESH, ("etag", "\"2\"")], "another");
    let got = range(&world, "bytes=1-5").await;
    assert_eq!((got.status, got.text()), (200, "another"));
    assert_eq!(range(&world, "bytes=0-2").await.text(), "ano");
    assert_eq!(world.seen(), 2);
}

#[tokio::test]
async fn parts_of_different_responses_never_mix() {
    let world = World::new();
    say_part(&world, 0, 2, &[TAG]);
    range(&world, "bytes=0-2").await;
    // An origin that does not know If-Range answers with a part of something else.
    say_part(&world, 3, 9, &[("etag", "\"2\"")]);
    say_whole(&world);
    let got = world.get("/", &[]).await;
    assert_eq!((got.text(), world.seen()), (TEXT, 3));
}

#[tokio::test]
async fn a_part_that_contradicts_itself_is_passed_on_and_not_kept() {
    for (place, body) in [
        ("bytes 4-9/10", "45678"),
        ("bytes 4-9/*", "456789"),
        ("bytes 4-9/8", "456789"),
        ("4-9/10", "456789"),
        ("", "456789"),
    ] {
        let world = World::new();
        let length = body.len().to_string();
        let mut fields = vec![FRESH, TAG, ("content-length", &*length)];
        if !place.is_empty() {
            fields.push(("content-range", place));
        }
        world.say(206, &fields, body);
        let got = range(&world, "bytes=4-9").await;
        assert_eq!((got.status, got.text()), (206, body), "{place}");
        assert_eq!(world.store.usage().entries, 0, "{place}");
    }
}

#[tokio::test]
async fn a_part_cut_short_is_neither_kept_nor_whole() {
    let world = World::new();
    let (feed, body) = OriginBody::fed(None);
    feed.send(Ok(Frame::data("345".into()))).unwrap();
    drop(feed);
    say_part(&world, 0, 2, &[TAG]);
    range(&world, "bytes=0-2").await;
    let fields = [FRESH, TAG, ("content-range", "bytes 3-9/10")];
    let response = respond(206, &fields).body(body).unwrap();
    world.answer(std::future::ready(Ok(response)));
    assert!(world.get("/", &[]).await.body.is_err());
    say_part(&world, 3, 9, &[TAG]);
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
}

#[tokio::test]
async fn parts_that_were_evicted_are_asked_for_again() {
    let world = World::storing(Memory::new(3_000).max_object(3_000), |config| config);
    say_part(&world, 0, 2, &[TAG]);
    range(&world, "bytes=0-2").await;
    say_part(&world, 3, 9, &[TAG]);
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    for path in 0..3 {
        world.say(200, &[FRESH], "something else");
        world.get(&format!("/{path}"), &[]).await;
    }
    say_whole(&world);
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
}

#[tokio::test]
async fn parts_leave_with_their_url() {
    let world = World::new();
    say_part(&world, 0, 2, &[TAG]);
    range(&world, "bytes=0-2").await;
    world
        .layer
        .purge(&"http://a.example/".parse().unwrap())
        .unwrap();
    say_part(&world, 0, 2, &[TAG]);
    range(&world, "bytes=0-2").await;
    assert_eq!(world.seen(), 2);
}

#[tokio::test]
async fn only_if_cached_does_not_complete_parts() {
    let world = World::new();
    say_part(&world, 0, 2, &[TAG]);
    range(&world, "bytes=0-2").await;
    let only = ("cache-control", "only-if-cached");
    assert_eq!(world.get("/", &[only]).await.status, 504);
    let got = world.get("/", &[only, ("range", "bytes=0-1")]).await;
    assert_eq!((got.text(), world.seen()), ("01", 1));
}

#[tokio::test]
async fn parts_of_variants_stay_apart() {
    let world = World::new();
    let vary = ("vary", "accept-language");
    say_part(&world, 0, 2, &[TAG, vary]);
    let en = [("range", "bytes=0-2"), ("accept-language", "en")];
    let de = [("range", "bytes=0-2"), ("accept-language", "de")];
    world.get("/", &en).await;
    say_part(&world, 0, 2, &[("etag", "\"2\""), vary]);
    assert_eq!(world.get("/", &de).await.field("etag"), "\"2\"");
    assert_eq!(world.get("/", &en).await.field("etag"), "\"1\"");
    assert_eq!(world.seen(), 2);
}

#[tokio::test]
async fn in_whole_mode_a_range_is_cut_from_the_whole() {
    let world = World::with(|config| config.ranges(Ranges::Whole));
    say_whole(&world);
    let got = range(&world, "bytes=4-6").await;
    assert_eq!((got.status, got.text()), (206, "456"));
    assert_eq!(got.field("content-range"), "bytes 4-6/10");
    assert_eq!(got.field("content-length"), "3");
    assert_eq!(world.last_field("range"), None);
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    assert_eq!(world.seen(), 1);
}

#[tokio::test]
async fn in_whole_mode_readers_of_ranges_share_a_fill() {
    let world = World::with(|config| config.ranges(Ranges::Whole));
    let (feed, body) = OriginBody::fed(Some(10));
    let response = respond(200, &[FRESH, TAG]).body(body).unwrap();
    world.answer(std::future::ready(Ok(response)));
    let first = world
        .send(crate::origin::get("/", &[("range", "bytes=8-")]))
        .await
        .unwrap();
    let second = world
        .send(crate::origin::get("/", &[("range", "bytes=1-2")]))
        .await
        .unwrap();
    let third = world.send(crate::origin::get("/", &[])).await.unwrap();
    for part in ["0123", "456", "789"] {
        feed.send(Ok(Frame::data(part.into()))).unwrap();
    }
    assert_eq!(crate::origin::got(first).await.text(), "89");
    assert_eq!(crate::origin::got(second).await.text(), "12");
    assert_eq!(crate::origin::got(third).await.text(), TEXT);
    assert_eq!(world.seen(), 1);
}

#[derive(Clone, Debug)]
struct Ask {
    start: usize,
    len: usize,
    whole: bool,
    changes: bool,
    knows_if_range: bool,
}

fn ask() -> impl Strategy<Value = Ask> {
    let chance = prop::bool::weighted;
    (
        0..64usize,
        1..32usize,
        chance(0.2),
        chance(0.1),
        chance(0.8),
    )
        .prop_map(|(start, len, whole, changes, knows_if_range)| Ask {
            start,
            len,
            whole,
            changes,
            knows_if_range,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever order ranges are asked for in, and whenever the origin's content changes: every answer is the right
    /// part of one of its versions.
    #[test]
    fn every_range_is_of_one_version(asks in prop::collection::vec(ask(), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (world, mut version) = (World::new(), 0u8);
            for ask in asks {
                version += u8::from(ask.changes);
                let text = |version: u8| -> String {
                    (0..64).map(|at| char::from(b'A' + ((at * 7 + u32::from(version) * 11) % 58) as u8)).collect()
                };
                let now = text(version);
                let knows = ask.knows_if_range;
                world.answer_with(move |headers| {
                    let tag = format!("\"{version}\"");
                    let field = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
                    let asked = field("range").filter(|_| {
                        !knows || field("if-range").is_none_or(|validator| validator == tag)
                    });
                    let Some(asked) = asked else {
                        return respond(200, &[FRESH, ("etag", &tag)]).body(OriginBody::whole(&now)).unwrap();
                    };
                    let (first, last) = asked.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
                    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse::<usize>().unwrap().min(63));
                    let place = format!("bytes {first}-{last}/64");
                    let fields = [FRESH, ("etag", &tag), ("content-range", &*place)];
                    respond(206, &fields).body(OriginBody::whole(&now[first..=last])).unwrap()
                });
                let (first, end) = (ask.start, (ask.start + ask.len).min(64));
                let got = if ask.whole {
                    world.get("/", &[]).await
                } else {
                    range(&world, &format!("bytes={first}-{}", end - 1)).await
                };
                let tag: u8 = got.field("etag").trim_matches('"').parse().unwrap();
                let expected = text(tag);
                match got.status {
                    200 => assert_eq!(got.text(), expected),
                    206 => assert_eq!(got.text(), &expected[first..end]),
                    other => panic!("{other}"),
                }
            }
        });
    }
}
