//! Ranges: from whole hits, from parts that are combined and completed, and cut from what is being filled.

use std::{num::NonZeroU64, sync::Arc};

use eaves_cache::{field::HttpDate, store::Memory, tower::Ranges};
use eaves_common::time::Clock;
use http_body::Frame;
use proptest::prelude::*;

use crate::faulty::Faulty;
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
async fn several_ranges_are_put_together_from_parts() {
    let world = World::new();
    say_part(&world, 0, 2, &[TAG]);
    range(&world, "bytes=0-2").await;
    say_part(&world, 7, 9, &[TAG]);
    range(&world, "bytes=7-9").await;
    // All of it is there.
    let got = range(&world, "bytes=8-9, 0-1").await;
    assert_eq!(got.ranges(), [(8, "89"), (0, "01")]);
    assert!(got.cache_status().starts_with("eaves; hit"));
    // What lacks lies within one of them.
    say_part(&world, 3, 4, &[TAG]);
    let got = range(&world, "bytes=9-, 1-4").await;
    assert_eq!(got.ranges(), [(9, "9"), (1, "1234")]);
    assert_eq!(world.last_field("range").as_deref(), Some("bytes=3-4"));
    assert_eq!(range(&world, "bytes=0-4").await.text(), "01234");
    assert_eq!(world.seen(), 3);
    // What lacks lies between them as well: the origin answers by itself.
    let kind = ("content-type", "multipart/byteranges; boundary=x");
    world.say(206, &[FRESH, TAG, kind], "--x and so on");
    let got = range(&world, "bytes=4-5, 6-7").await;
    assert_eq!(got.text(), "--x and so on");
    assert_eq!(world.last_field("range").as_deref(), Some("bytes=4-5, 6-7"));
    // And what it answered is no part of the whole.
    assert_eq!(range(&world, "bytes=0-4").await.text(), "01234");
    assert_eq!(world.seen(), 4);
}

#[tokio::test]
async fn several_ranges_are_limited_as_those_of_a_whole_are() {
    for whole in [false, true] {
        let world = World::new();
        if whole {
            say_whole(&world);
            world.get("/", &[]).await;
        } else {
            say_part(&world, 0, 9, &[TAG]);
            range(&world, "bytes=0-9").await;
        }
        for (asked, ranges) in [
            ("bytes=0-3, 2-5, 8-8", vec![(0, "012345"), (8, "8")]),
            ("bytes=5-5, 40-50, 1-1", vec![(5, "5"), (1, "1")]),
            ("bytes=-1, 0-0", vec![(9, "9"), (0, "0")]),
        ] {
            assert_eq!(range(&world, asked).await.ranges(), ranges, "{asked}");
        }
        for (asked, status, text) in [
            ("bytes=0-3, 2-5", 206, "012345"),
            ("bytes=5-5, 40-50", 206, "5"),
            ("bytes=40-41, 50-", 416, ""),
            ("bytes=0-1, 3-2", 200, TEXT),
        ] {
            let got = range(&world, asked).await;
            assert_eq!((got.status, got.text()), (status, text), "{asked}");
        }
        let many = |count: usize| format!("bytes={}", vec!["0-0"; count].join(","));
        assert_eq!(range(&world, &many(32)).await.text(), "0");
        assert_eq!(range(&world, &many(33)).await.text(), TEXT);
        let head = http::Request::head("http://a.example/").header("range", "bytes=0-1, 4-5");
        let head = world.fetch(head.body(String::new()).unwrap()).await;
        assert_eq!((head.status, head.field("content-length")), (200, "10"));
        assert_eq!(world.seen(), 1, "{whole}");
    }
}

#[tokio::test]
async fn several_ranges_are_cut_from_what_is_being_filled() {
    let world = World::with(|config| config.ranges(Ranges::Whole));
    let (feed, body) = OriginBody::fed(Some(10));
    let response = respond(200, &[FRESH, TAG]).body(body).unwrap();
    world.answer(std::future::ready(Ok(response)));
    let asked = [("range", "bytes=7-8, 0-1")];
    let first = world.send(crate::origin::get("/", &asked)).await.unwrap();
    let second = world.send(crate::origin::get("/", &asked)).await.unwrap();
    for part in ["0123", "456", "789"] {
        feed.send(Ok(Frame::data(part.into()))).unwrap();
    }
    for got in [first, second] {
        let got = crate::origin::got(got).await;
        assert_eq!(got.ranges(), [(7, "78"), (0, "01")]);
    }
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    assert_eq!(world.seen(), 1);
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
async fn parts_of_wholes_of_different_lengths_are_not_combined() {
    // RFC 9111 section 3.4: one tag, and yet they cannot be of one response.
    let world = World::new();
    say_part(&world, 0, 2, &[TAG]);
    range(&world, "bytes=0-2").await;
    // The answer to the question for what lacks is of no use, so that the client's own question follows.
    for _ in 0..2 {
        let place = ("content-range", "bytes 3-9/11");
        world.say(206, &[FRESH, TAG, place], &TEXT[3..]);
    }
    range(&world, "bytes=3-9").await;
    say_whole(&world);
    assert_eq!(world.get("/", &[]).await.text(), TEXT);
    assert_eq!(world.seen(), 4);
}

#[tokio::test]
async fn a_rest_of_other_bytes_than_asked_for_completes_nothing() {
    for (first, last) in [(3, 8), (4, 9), (2, 9)] {
        let world = World::new();
        say_part(&world, 0, 2, &[TAG]);
        range(&world, "bytes=0-2").await;
        say_part(&world, first, last, &[TAG]);
        say_whole(&world);
        assert_eq!(world.get("/", &[]).await.text(), TEXT, "{first} {last}");
        assert_eq!(world.seen(), 3);
    }
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
    /// A second range of two bytes, so far behind the first.
    second: Option<usize>,
    whole: bool,
    changes: bool,
    /// What was fresh is stale then.
    waits: bool,
    knows_if_range: bool,
    knows_tags: bool,
}

impl Ask {
    /// The offsets that are asked for.
    fn ranges(&self) -> Vec<std::ops::Range<usize>> {
        if self.whole {
            return Vec::new();
        }
        let end = (self.start + self.len).min(64);
        let behind = self.second.map(|by| (end + by, end + by + 2));
        let behind = behind.filter(|(_, end)| *end <= 64);
        let second = behind.map(|(start, end)| start..end);
        std::iter::once(self.start..end).chain(second).collect()
    }

    fn field(&self) -> String {
        let range = |range: &std::ops::Range<usize>| format!("{}-{}", range.start, range.end - 1);
        let ranges: Vec<_> = self.ranges().iter().map(range).collect();
        format!("bytes={}", ranges.join(","))
    }
}

fn ask() -> impl Strategy<Value = Ask> {
    let chance = prop::bool::weighted;
    let range = (
        0..64usize,
        1..32usize,
        prop::option::weighted(0.3, 1..20usize),
    );
    let client = (range, chance(0.2), chance(0.2));
    let origin = (chance(0.1), chance(0.8), chance(0.8));
    (client, origin).prop_map(
        |(((start, len, second), whole, waits), (changes, knows_if_range, knows_tags))| Ask {
            start,
            len,
            second,
            whole,
            changes,
            waits,
            knows_if_range,
            knows_tags,
        },
    )
}

fn modes() -> impl Strategy<Value = Ranges> {
    let slices = |size| Ranges::Slices(NonZeroU64::new(size).unwrap());
    prop::sample::select(vec![
        Ranges::PassThrough,
        Ranges::Whole,
        slices(10),
        slices(64),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever order ranges are asked for in, whenever they become stale and whenever the origin's content changes:
    /// every answer is the right part of one of its versions.
    #[test]
    fn every_range_is_of_one_version(
        asks in prop::collection::vec(ask(), 1..24),
        ranges in modes(),
        seed in any::<u64>(),
        one_in in prop::sample::select(vec![3u64, 9, 1 << 40]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = Arc::new(Faulty::new(Memory::new(20_000), seed, one_in));
            let (world, mut version) = (World::on(store, |config| config.ranges(ranges)), 0u8);
            let sound = one_in > 9;
            for ask in asks {
                version += u8::from(ask.changes);
                if ask.waits {
                    world.pass(61);
                }
                changing(&world, version, &ask);
                let got = if ask.whole {
                    world.get("/", &[]).await
                } else {
                    range(&world, &ask.field()).await
                };
                if got.body.is_err() {
                    // What was begun cannot go on; a sound store and an origin that stays the same have no reason.
                    prop_assert!(!sound || version > 0, "{:?}", got.body);
                    continue;
                }
                let expected = version_text(got.field("etag").trim_matches('"').parse().unwrap());
                let ranges = ask.ranges();
                match (got.status, &ranges[..]) {
                    (200, _) => assert_eq!(got.text(), expected),
                    (206, [only]) => assert_eq!(got.text(), &expected[only.clone()]),
                    (206, several) => {
                        let several = several.iter().map(|range| (range.start as u64, &expected[range.clone()]));
                        assert_eq!(got.ranges(), several.collect::<Vec<_>>());
                    }
                    (other, _) => panic!("{other}"),
                }
            }
            Ok(())
        })?;
    }
}

fn version_text(version: u8) -> String {
    let letter = |at: u32| char::from(b'A' + ((at * 7 + u32::from(version) * 11) % 58) as u8);
    (0..64).map(letter).collect()
}

/// The origin has this version from now on, and knows what this request says of it.
fn changing(world: &World, version: u8, ask: &Ask) {
    let (ask, clock, now) = (ask.clone(), world.clock.clone(), version_text(version));
    world.answer_with(move |headers| {
        let tag = format!("\"{version}\"");
        let date = HttpDate::from(clock.now().wall).to_string();
        let fields = [FRESH, ("etag", &*tag), ("date", &*date)];
        let field = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        if ask.knows_tags && field("if-none-match").is_some_and(|tags| tags.contains(&tag)) {
            return respond(304, &fields).body(OriginBody::whole("")).unwrap();
        }
        let asked = field("range").filter(|ranges| {
            let holds = field("if-range").is_none_or(|validator| validator == tag);
            !ranges.contains(',') && (!ask.knows_if_range || holds)
        });
        let Some(asked) = asked else {
            return respond(200, &fields).body(OriginBody::whole(&now)).unwrap();
        };
        let (first, last) = asked
            .strip_prefix("bytes=")
            .unwrap()
            .split_once('-')
            .unwrap();
        let (first, last): (usize, usize) = (
            first.parse().unwrap(),
            last.parse::<usize>().unwrap().min(63),
        );
        let place = format!("bytes {first}-{last}/64");
        let fields = [fields[0], fields[1], fields[2], ("content-range", &*place)];
        let body = OriginBody::whole(&now[first..=last]);
        respond(206, &fields).body(body).unwrap()
    });
}
